// Owns the camera: asking for it, its pictures one after the other, its lamp, and what to say when there is none. A picture is
// held by the page until it has been drawn, so that what lies over it belongs to it and to no later one.
//
// Three ways to a picture, the cheapest that a browser has: the track's own frames, a frame of the video element, or a
// canvas. Only one picture is under way at a time: what comes meanwhile is left out, so nothing ever queues.

import { TwinError } from "../errors";
import { FrameClock } from "./stamp";

/** A picture: for the eye, and for the worker, which gets it for good. */
export interface Shot {
  readonly width: number;
  readonly height: number;
  /** Milliseconds, on the page's clock. */
  readonly at: number;
  /** To be drawn, then closed. */
  readonly image: VideoFrame | HTMLCanvasElement;
  readonly sent: VideoFrame | ImageData;
  close(): void;
}

const WANTED: MediaTrackConstraints = { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 30 } };
const SILENT_MS = 4000;

/** Words for a person, by what the browser calls it. */
const REFUSALS: Readonly<Record<string, string>> = {
  NotAllowedError: "The camera was not allowed. Allow it for this page in the browser's settings (the sign left of the address), then load the page again.",
  NotFoundError: "There is no camera here. Open this page on a phone, a tablet or a laptop with one.",
  NotReadableError: "The camera is in use by something else. Close what uses it, then load the page again.",
  OverconstrainedError: "This camera has no picture that the page can use.",
};

export class Camera {
  readonly label: string;
  readonly video: HTMLVideoElement;
  private readonly track: MediaStreamTrack;
  private readonly frames: ReadableStreamDefaultReader<VideoFrame> | null;
  private readonly pad = document.createElement("canvas");
  /** A frame that was asked for and has not come yet; it is taken by whoever asks next. */
  private coming: Promise<ReadableStreamReadResult<VideoFrame>> | null = null;
  /** This camera's frames lie on their side, or are stretched: only the video element shows them upright. */
  private plain = false;
  private readonly clock = new FrameClock();

  private constructor(video: HTMLVideoElement, track: MediaStreamTrack) {
    [this.video, this.track] = [video, track];
    this.label = track.label || "camera";
    this.frames = readerOf(track);
  }

  /** Throws TwinError with words for a person. */
  static async open(video: HTMLVideoElement): Promise<Camera> {
    if (!isSecureContext || !navigator.mediaDevices) {
      throw new TwinError("camera", "Cameras work over HTTPS only. Start the server with `twin serve --tls-auto`, then open the https address that it prints (docs/https.md).");
    }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: WANTED, audio: false });
      video.srcObject = stream;
      await video.play();
      return new Camera(video, stream.getVideoTracks()[0]!);
    } catch (error) {
      const name = error instanceof Error ? error.name : "";
      throw new TwinError("camera", REFUSALS[name] ?? `The camera does not start: ${error instanceof Error ? error.message : String(error)}`, true);
    }
  }

  /** The next picture; null when the camera has ended, or is silent for seconds. */
  async next(now: () => number): Promise<Shot | null> {
    if (this.track.readyState === "ended") return null;
    const frame = this.frames && !this.plain ? await this.fresh(this.frames) : await this.fromVideo();
    if (frame === null) return null;
    if (!("close" in frame)) return this.fromPad(now());
    if (!upright(frame)) {
      frame.close();
      this.plain = true;
      return this.fromPad(now());
    }
    const at = this.clock.at(frame.timestamp, now());
    const sent = frame.clone();
    return { width: frame.displayWidth, height: frame.displayHeight, at, image: frame, sent, close: () => frame.close() };
  }

  get lamp(): boolean {
    return Boolean((this.track.getCapabilities?.() as { torch?: boolean } | undefined)?.torch);
  }

  async light(on: boolean): Promise<void> {
    await this.track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
  }

  stop(): void {
    void this.frames?.cancel().catch(() => undefined);
    this.track.stop();
  }

  private async fresh(frames: ReadableStreamDefaultReader<VideoFrame>): Promise<VideoFrame | null> {
    this.coming ??= frames.read();
    const come = await within(this.coming, null);
    if (come === null) return null;
    this.coming = null;
    return come.value ?? null;
  }

  private async fromVideo(): Promise<VideoFrame | HTMLVideoElement | null> {
    const { video } = this;
    const came = await within(new Promise<boolean>((done) => video.requestVideoFrameCallback(() => done(true))), false);
    if (!came) return null;
    if (this.plain || typeof VideoFrame === "undefined") return video;
    try {
      return new VideoFrame(video, { timestamp: Math.round(video.currentTime * 1e6) });
    } catch {
      return video; // not of a video in this browser: the canvas is left
    }
  }

  private fromPad(at: number): Shot {
    const { pad, video } = this;
    [pad.width, pad.height] = [video.videoWidth, video.videoHeight];
    const context = pad.getContext("2d", { willReadFrequently: true })!;
    context.drawImage(video, 0, 0);
    return { width: pad.width, height: pad.height, at, image: pad, sent: context.getImageData(0, 0, pad.width, pad.height), close: () => undefined };
  }
}

function readerOf(track: MediaStreamTrack): ReadableStreamDefaultReader<VideoFrame> | null {
  const Processor = (globalThis as { MediaStreamTrackProcessor?: new (from: object) => { readable: ReadableStream<VideoFrame> } }).MediaStreamTrackProcessor;
  return Processor ? new Processor({ track, maxBufferSize: 1 }).readable.getReader() : null;
}

/** What is solved is the frame's own pixels, and what is drawn is what it says it looks like: they must be one. */
function upright({ visibleRect, displayWidth, displayHeight }: VideoFrame): boolean {
  return visibleRect?.width === displayWidth && visibleRect.height === displayHeight;
}

async function within<T>(wanted: Promise<T>, otherwise: T): Promise<T> {
  let timer = 0;
  const late = new Promise<T>((done) => (timer = window.setTimeout(() => done(otherwise), SILENT_MS)));
  try {
    return await Promise.race([wanted, late]);
  } finally {
    clearTimeout(timer);
  }
}
