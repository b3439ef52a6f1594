// Owns the decoder of QR codes, fetched from this server when it is first needed: texts and corners, a pixel or two off.

import { prepareZXingModule, readBarcodes, type ReaderOptions } from "zxing-wasm/reader";
import wasm from "zxing-wasm/reader/zxing_reader.wasm?url";
import type { Point } from "../ar/lens";
import type { Picture } from "../ar/picture";

/** What a decoder read; corners in the order of the symbol's. */
export interface Read {
  readonly text: string;
  readonly corners: readonly Point[];
}

const MOST = 24;
const OPTIONS: ReaderOptions = { formats: ["QRCode"], tryHarder: true, tryRotate: false, tryInvert: false, maxNumberOfSymbols: MOST };

export class Reader {
  private pixels: ImageData | null = null;

  async open(): Promise<void> {
    await prepareZXingModule({ overrides: { locateFile: (name: string, prefix: string) => (name.endsWith(".wasm") ? wasm : prefix + name) }, fireImmediately: true });
  }

  async read(picture: Picture): Promise<Read[]> {
    const found = await readBarcodes(this.coloured(picture), OPTIONS);
    return found.filter((one) => one.isValid).map(({ text, position: p }) => ({
      text,
      corners: [p.topLeft, p.topRight, p.bottomRight, p.bottomLeft].map(({ x, y }): Point => [x, y]),
    }));
  }

  private coloured({ width, height, grey }: Picture): ImageData {
    if (this.pixels?.width !== width || this.pixels.height !== height) this.pixels = new ImageData(width, height);
    const words = new Uint32Array(this.pixels.data.buffer);
    for (let n = 0; n < words.length; n++) words[n] = 0xff000000 | (grey[n]! * 0x010101);
    return this.pixels;
  }
}
