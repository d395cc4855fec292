// Types of the values that modules exchange, for their comments and for `tsc`; a browser loads nothing of it.

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

/** Of a slider. */
interface SliderRange {
  min: number;
  max: number;
  step: number; // the smallest
  arrow?: number; // of an arrow key
  origin?: number; // the value after a double-click, if there is one
  learned?: Ends | null; // a band on the track
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

/** The JSON of Python's `model_state`, with the weights as `Layer` in place of base64. */
interface LatentSpace extends BankKind {
  name: string;
  latent_dim: number; // numbers of z: knobs, details, and a weight for each kind
  knobs: number;
  details: number;
  kinds: string[];
  num_filters: number;
  frequency_map: "linear" | "log";
  gain_limit_db: number; // gains are inside ± this
  sample_rate: number; // Hz
  learned_range?: Ends[];
  captions?: string[];
  names?: string[]; // of the knobs, short
  landmarks?: Record<string, number[]>;
  landmark_kinds?: Record<string, string>; // "" where unknown
  layers: Layer[]; // the first of each kind, if there are any
  linear: Layer | null; // of each kind, from z to the output
  programs?: Record<string, string>; // by suffix, the space as an instrument, with marks in place of the weights
}

/** The JSON of a `Layer`, in base64. */
interface LayerState {
  shape: number[];
  kernel: string;
  bias: string;
  half?: boolean; // whether the kernel is float16; all is float32 otherwise
}

interface ModelState extends Omit<LatentSpace, "layers" | "linear"> {
  layers: LayerState[];
  linear: LayerState | null;
}

/** A kernel of (inputs, outputs), row by row; of (kinds, inputs, outputs) and a bias of (kinds, outputs) in a layer of kinds. */
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

/** dB of a bank and of each of its sections; `re` and `im` are the complex sum. */
interface BankResponse {
  sumDb: Float64Array;
  sectionDb: Float64Array[];
  re: Float64Array;
  im: Float64Array;
}

/** A section with the fields of `Recipe.to_json` and of BiquadFilterNode: Hz, Q, dB. */
interface Section {
  type: string; // "peaking", "lowshelf" or "highshelf"
  frequency: number;
  Q: number;
  gain: number;
  sign?: number; // of a parallel bank
}

/** A filter with the fields of `Recipe.to_json`. */
interface Filter {
  topology: string; // "parallel" or "cascade"
  polarity?: string;
  sampleRate: number; // Hz
  preamp?: number; // dB
  sections: Section[];
}

/** Second-order sections `[b0, b1, b2, a1, a2]`. */
interface FilterRows {
  rows: number[][];
  parallel: boolean; // summed, else in series
  sampleRate: number; // Hz
}

interface ExportFormat {
  title: string;
  suffix: string;
  about: string;
  oneFilter?: boolean; // writes a filter, else rows in series
  cascade?: boolean; // of peaking sections
  write(filter: any, about?: string[]): any; // text or bytes
  read(content: any, sampleRate: number): any; // a filter, rows or taps
}

/** A file in memory, and its deviation from the filter in dB. */
interface TakenFile {
  content: string | ArrayBuffer;
  copied: string | null; // what a copy to the clipboard holds
  suffix: string;
  worst: number;
  rms: number;
  notes: string[];
}

/** A cascade with the fields of `Recipe.to_json`; `{}` for none. */
interface Cascaded {
  topology?: string;
  polarity?: string;
  sampleRate?: number; // Hz
  preamp?: number; // dB
  sections?: Section[];
}

/** From `joined`: biquads `[b0, b1, b2, a1, a2]`; `parallel` ones are added, and those in `series` follow. */
interface FilterSections {
  parallel: number[][];
  series: number[][];
}

// Measurements

/** A measured spectrum of the 513 bins in level-aligned dB, and where it was measured. */
interface Measurement {
  spectrum: Float32Array;
  band: number[]; // Hz
  weights: Float64Array; // of the bins, sum 1
  notes?: string[]; // what was read
}

/** Of a fit of sections: point, cost, half the gradient, normal matrix, and damping of the next step. */
interface FitState {
  x: Float64Array;
  cost: number;
  gradient: Float64Array;
  normal: Float64Array;
  damping: number;
}

/** The JSON of Python's `encoder_state`. */
interface EncoderState {
  kinds: boolean; // one linear layer for each kind, or convolutions and dense layers
  evaluation: Evaluation;
  layers: LayerState[];
}

/** Frequencies at which responses are compared while z is refined. */
interface Evaluation {
  hertz: number[];
  weights: number[]; // sum 1
  bins: number[]; // of those above the second bin
  below: number[]; // of those between the first and the second bin: shares of that octave
}

// The search by ear

/** From `createEarCurves`: `fill` writes the curve of a row of numbers and kinds. */
interface EarCurves {
  size: number; // of the numbers
  kinds: number; // 1 where there are none
  deviation: number; // of the numbers before the first answer
  points: number; // of a curve
  fill(numbers: Float64Array, kind: Int32Array, curves: Float64Array, row: number): void;
}

/** Filters that may be wanted, row by row. */
interface Particles {
  numbers: Float64Array;
  kind: Int32Array;
  curves: Float64Array; // dB
}

interface Belief {
  family: EarCurves;
  seed: number;
  noiseDb: number;
  particles: Particles;
  weights: Float64Array; // sum 1
  likelihood: Float64Array; // of the answers, logarithms
  asked: { a: Float64Array; b: Float64Array; answer: string }[]; // curves
}

/** The JSON of Python's `ByEar.to_json`. */
interface EarState {
  model?: string;
  seed?: number;
  noise_db?: number;
  answers?: EarAnswer[];
  open?: boolean; // whether the panel shows it at once
}

interface EarAnswer {
  a: number[]; // z
  b: number[];
  answer: string; // one of BY_EAR.answers
}

// Motion and sound

/** The fields of Python's `Motion`, by the same names. */
interface MotionFields {
  kind: string;
  centre: number[]; // (Z,)
  rate: number; // Hz, the fast pair
  slow_rate: number; // Hz, the slow pair
  radius: number; // latent units
  slow_radius: number;
  swap: boolean; // whether the pairs exchange their roles
  ratio: number[]; // of an orbit
  shift: number; // cycles
  phase: number; // cycles at time 0, fast
  slow_phase: number;
  points: number[][]; // of a path
  closed: boolean;
  seed: number; // of a walk
  stereo_offset: number; // fast cycles by which the right channel is ahead
  knobs: number; // coordinates that a spiral, orbit or walk may move
}

/** From `createMotion`. */
interface Motion extends MotionFields {
  polyline: Polyline | null;
}

/** The points of a path in order, and the distance travelled to each. */
interface Polyline {
  corners: number[][];
  travelled: Float64Array;
}

/** Throws an error for a field of a motion. */
type Refuse = (name: keyof MotionFields, allowed: string) => never;

/** From `createFilters`: one channel of a bank in motion. */
interface BankFilters {
  rows: Float64Array[]; // the last three
  first: Float64Array; // memory of every section
  second: Float64Array;
  g: Float64Array; // of one section, at each frame of a quantum
  gain: Float64Array;
  scale: Float64Array;
  dry: Float64Array; // input and output
  wet: Float64Array;
}

interface SourceFields {
  kind: string;
  seed?: number;
  channels?: Float32Array[];
  gain?: number;
}

interface EngineOptions {
  motion?: Partial<MotionFields>;
  mix?: number;
  volumeDb?: number;
  faded?: boolean;
  matched?: boolean;
  residual?: Cascaded | null;
}

/** Options with which the worklet starts. */
interface ProcessorOptions extends EngineOptions {
  model?: LatentSpace;
  source?: SourceFields;
  playing?: boolean;
}

/** What the worklet posts about 30 times a second. */
interface SoundState {
  type: "state";
  time: number;
  z: number[];
  zRight: number[];
  peak: number[];
  rms: number[];
  playing: boolean;
  replaying: boolean;
}

/** What the worklet posts to the page (`worklet/processor.js`). */
type WorkletMessage =
  | SoundState
  | { type: "stopped" }
  | { type: "chunk"; channels: Float32Array[] }
  | { type: "recorded"; frames: number }
  | { type: "motion_chunk"; rows: Float64Array }
  | { type: "motion_recorded" }
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
  analyser(output: 0 | 1): AnalyserNode | null; // of what is heard, and of the source; null while nothing plays
  openFile(file: File): Promise<void>;
  report(message: string): void; // shows it
  listen(listener: () => void): () => void;
  close(): void;
  dispose(): void;
}

// Pictures

/** The point of the curve that is dragged. */
interface DragTarget {
  hertz: number;
  target: number; // dB
  level: number; // dB of the curve
  label: string; // the distance of the curve from the target, or ""
}

/** A drag of the curve. */
interface CurveDrag {
  hertz: number;
  base: number; // dB at its begin
  target: number; // dB
  solve: ((change: number) => { z: number[]; change: number }) | null; // from `startDrag`; null: only there
  ghost: Curve; // at its begin
  residual: Cascaded; // at its begin
  range: Ends; // dB of the axis during the drag
  pointer?: number; // of a drag by pointer
  offset?: number; // dB from the pointer to the curve
}

interface PlotScene {
  target: Curve | null; // drawn behind
  references?: (Curve & { name: string })[]; // thin lines behind, such as the ends of a morph
  sections: { frequency: ArrayLike<number>; levels: ArrayLike<number>[]; signs: number[] } | null;
  sum: Curve;
  range?: Ends; // dB of the axis
  dragTarget?: DragTarget;
  ghost?: Curve; // the curve before the drag
  hover?: { hertz: number; level: number; label: string };
  spectra?: (Curve & { kind: string })[]; // of the sound, behind all
}

/** A line of a grid and its number. */
interface Tick {
  at: number;
  label: string;
}

/** A line over frequency (`log`) or time; its axis spans `least` or more. */
interface LineScene {
  x: Float64Array;
  y: Float64Array;
  log: boolean;
  units: string[]; // across and up
  least: number;
}

interface ChartScene {
  areas?: ChartArea[]; // behind the lines
  lines: (Curve & { kind: string })[]; // in the order of drawing, of the class `aether-line-{kind}`
  range: Ends; // dB
  band: Ends; // Hz
  description: string;
}

/** From low to high, Hz and dB, point by point. */
interface ChartArea {
  frequency: number[];
  low: number[];
  high: number[];
}

/** What the live panel adds to the explorer. */
interface LiveView {
  bar: HTMLElement; // above the curve
  drawer: HTMLElement; // below the knobs
  z(): number[] | null;
  spectra(sum: Curve): (Curve & { kind: string })[];
  show(): void;
}

/** What a tool of the explorer gets: the view, the model, and what moves z. */
interface ExplorerHost {
  el: HTMLElement; // emits "aether-drawn"
  root: HTMLElement; // inside `el`, of the class aether-explorer
  model: WidgetModel;
  space: LatentSpace;
  binding: { get(name: string): any; put(name: string, value: unknown): void; follow(names: string[], show: () => void): void };
  curve: { nyquist: number; recipe: BankRecipe; at(z: number[]): any; levelAt(z: number[], hertz: number): number };
  currentZ(): number[];
  move(z: number[]): void; // sets the first coordinates, or all of them
  change(changes: Record<number, number>): void; // sets coordinates by their index
  schedule(): void; // draws in the next frame
}

/** Buttons in the toolbar of the explorer. */
interface ExplorerTool {
  node: HTMLElement;
  show?(z: number[]): void;
  destroy?(): void;
}

/** A plane of the latent space. */
interface Plane {
  centre: number[];
  axes: number[][];
  labels: string[]; // what each axis does, such as "dark ↔ bright"
  terms: string[]; // the knobs of each axis
  knobs: boolean;
}

/** Of a map: a plane to pixels and back. */
interface MapAxes {
  box: Box;
  pixels(point: Point): Point;
  plane(x: number, y: number): number[];
  across: number[]; // the ends in z
  up: number[];
}

// The scope of an AudioWorklet, which TypeScript's own library leaves out.

declare const sampleRate: number;
declare const currentFrame: number;
declare function registerProcessor(name: string, processor: unknown): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
