// What the modules hand each other, for the comments of the modules and for `tsc`; nothing of it is loaded by a browser.

/** anywidget's interface to the traits of a widget. */
interface WidgetModel {
  get(name: string): any;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, listener: (...details: any[]) => void): void;
  off(event: string, listener: (...details: any[]) => void): void;
  send(content: object, callbacks?: unknown, buffers?: ArrayBufferLike[]): void;
}

/** Low and high end. */
type Ends = [number, number];

/** Hz and dB, point by point. */
interface Curve {
  frequency: ArrayLike<number>;
  level: ArrayLike<number>;
  name?: string;
}

interface Point {
  x: number;
  y: number;
}

/** CSS pixels. */
interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

// Models and recipes

interface BankKind {
  topology: string; // "parallel" or "cascade"
  polarity?: string; // "positive" or "alternating"
}

/** What `model_state` writes, with the weights of `Layer` in place of base64. */
interface LatentSpace extends BankKind {
  name: string;
  latent_dim: number;
  num_filters: number;
  frequency_map: "linear" | "log";
  sample_rate: number; // Hz
  learned_range?: Ends[];
  captions?: string[];
  landmarks?: Record<string, number[]>;
  layers: Layer[];
}

interface ModelState extends Omit<LatentSpace, "layers"> {
  layers: { shape: number[]; kernel: string; bias: string }[];
}

/** A kernel of (inputs, outputs), row by row. */
interface Layer {
  shape: number[];
  kernel: Float32Array;
  bias: Float32Array;
}

/** The sections of a bank: fractions of Nyquist, Q, dB. */
interface BankRecipe {
  frequency: Float64Array;
  q: Float64Array;
  gainDb: Float64Array;
}

/** Frequencies of `createGrid`. */
interface Grid {
  fractions: Float64Array;
  sin: Float64Array;
  cos: Float64Array;
}

/** dB of a bank and of each of its sections, and room for the sum. */
interface BankResponse {
  sumDb: Float64Array;
  sectionDb: Float64Array[];
  re: Float64Array;
  im: Float64Array;
}

/** A section in the words of `Recipe.to_json` and of BiquadFilterNode: Hz, Q, dB. */
interface Section {
  type: string; // "peaking", "lowshelf" or "highshelf"
  frequency: number;
  Q: number;
  gain: number;
}

/** A cascade in the words of `Recipe.to_json`; `{}` for none. */
interface Cascaded {
  topology?: string;
  sampleRate?: number; // Hz
  preamp?: number; // dB
  sections?: Section[];
}

// Motion and sound

/** The fields of Python's `Motion`, by the same names. */
interface MotionFields {
  kind: string;
  centre: number[];
  rate: number;
  slow_rate: number;
  radius: number;
  slow_radius: number;
  swap: boolean;
  ratio: number[];
  shift: number;
  phase: number;
  slow_phase: number;
  points: number[][];
  closed: boolean;
  seed: number;
  stereo_offset: number;
}

/** From `createMotion`. */
interface Motion extends MotionFields {
  polyline: Polyline | null;
}

/** The points of a path one after the other, and the way travelled until each. */
interface Polyline {
  corners: number[][];
  travelled: Float64Array;
}

interface SourceFields {
  kind: string;
  seed?: number;
  channels?: Float32Array[];
  gain?: number;
}

interface VoiceOptions {
  motion?: Partial<MotionFields>;
  mix?: number;
  volumeDb?: number;
  faded?: boolean;
  matched?: boolean;
  residual?: Cascaded | null;
}

/** What the worklet starts with. */
interface ProcessorOptions extends VoiceOptions {
  model?: LatentSpace;
  source?: SourceFields;
  playing?: boolean;
}

/** What the worklet tells about 30 times a second. */
interface SoundState {
  type: "state";
  time: number;
  z: number[];
  zRight: number[];
  peak: number[];
  rms: number[];
  playing: boolean;
}

/** What the worklet posts to the page (`worklet/processor.js`). */
type WorkletMessage =
  | SoundState
  | { type: "stopped" }
  | { type: "chunk"; channels: Float32Array[] }
  | { type: "recorded"; frames: number }
  | { type: "applied"; id: unknown; frame: number }
  | { type: "error"; message: string };

/** From `createSound`. */
interface Sound {
  refusal: string; // why there can be no sound, or ""
  message: string; // to the user, or ""
  state: SoundState | null; // the last one of the worklet
  readonly recording: { url: string; seconds: number } | null; // the last complete one
  readonly fileName: string;
  play(): Promise<void>;
  stop(): void;
  openFile(file: File): Promise<void>;
  listen(listener: () => void): () => void;
  close(): void;
  dispose(): void;
}

// Pictures

/** A point of the curve that is held, and where it is wanted: Hz, dB. */
interface Finger {
  hertz: number;
  wanted: number;
  level: number;
  words: string;
}

/** A drag of the curve: Hz, dB at its begin and where it is wanted, and what a change in dB makes of z. */
interface Held {
  hertz: number;
  base: number;
  wanted: number;
  pull: (change: number) => { z: number[]; change: number };
  range: Ends;
  pointer?: number; // of a drag, not of the keys
  offset?: number; // dB from the finger to the curve
}

interface PlotScene {
  target: Curve | null;
  sections: { frequency: ArrayLike<number>; levels: ArrayLike<number>[]; signs: number[] };
  sum: Curve;
  range?: Ends;
  finger?: Finger;
}

interface ChartScene {
  lines: (Curve & { kind: string })[];
  range: Ends;
  band: Ends;
  description: string;
}

/** What an instrument adds to the explorer. */
interface LiveView {
  node: HTMLElement;
  z(): number[] | null;
  show(): void;
}

/** A plane of the latent space. */
interface Plane {
  centre: number[];
  axes: number[][];
  labels: string[];
  knobs: boolean;
}

/** Of a map: a plane to pixels and back. */
interface MapAxes {
  box: Box;
  pixels(place: Point): Point;
  plane(x: number, y: number): Point;
}

// The scope of an AudioWorklet, which TypeScript's own library leaves out.

declare const sampleRate: number;
declare const currentFrame: number;
declare function registerProcessor(name: string, processor: unknown): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
