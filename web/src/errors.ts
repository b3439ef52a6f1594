// Owns the one error tree of the viewer. Every error has a code for programs, a message for people, and whether trying
// again may help. Thrown by the pure parts at the edge of the page; shown by main.
//
//   TwinError
//     FrameError    a frame that is not one, or that this page is too old for
//     LayoutError   a layout.json that is not one
//     ModelError    the model cannot be had, or is not of this layout
//     MarkersError  a markers.json that is not one
//     SurveyError   a survey cannot be stored
//     HistoryError  the past cannot be had

export class TwinError extends Error {
  readonly code: string;
  readonly retry: boolean;

  constructor(code: string, message: string, retry = false) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.retry = retry;
  }
}

export type FrameFault = "short" | "magic" | "version" | "kind" | "length";

export class FrameError extends TwinError {
  constructor(fault: FrameFault, message: string) {
    super(`frame_${fault}`, message, fault !== "version");
  }
}

export class LayoutError extends TwinError {
  constructor(key: string, wrong: string) {
    super("layout", `layout.json: ${key} ${wrong}. Build the layout again and reload.`);
  }
}

export class MarkersError extends TwinError {
  constructor(key: string, wrong: string) {
    super("markers", `markers.json: ${key} ${wrong}. Print the markers again with twin markers, or mend the file, and reload.`);
  }
}

export class HistoryError extends TwinError {
  constructor(fault: string, message: string, retry: boolean) {
    super(`history_${fault}`, message, retry);
  }
}

export class ModelError extends TwinError {
  constructor(file: string, wrong: string, retry = false) {
    super("model", `${file} ${wrong}.`, retry);
  }
}

export class SurveyError extends TwinError {
  constructor(fault: "unreachable" | "changed" | "token" | "refused" | "answer", message: string, retry = false) {
    super(`survey_${fault}`, message, retry);
  }
}
