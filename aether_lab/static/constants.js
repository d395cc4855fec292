// The values that JavaScript shares with Python, written by `python -m aether_lab.panels.constants`.

/** Hz. */
export const AUDIBLE_HZ = [20, 20000];

/** Valid centres of sections, fraction of Nyquist. */
export const CENTRE_RANGE = [0.0001, 0.9995];

/** Valid Q of sections. */
export const Q_RANGE = [0.025, 1000];

/** Added to |H|² before the logarithm: silence reads -120 dB. */
export const POWER_FLOOR = 1e-12;

/** By frequency map, fraction of Nyquist. */
export const LOWEST_CENTRE = { linear: 0.01, log: 0.002 };

/** Added to the softplus of the decoder. */
export const LOWEST_Q = 0.1;

/** z is clipped to ± this before it is decoded. */
export const Z_LIMIT = 1000000;

/** Frames that a worklet renders at a time, and from one decoded z to the next. */
export const QUANTUM = 128;

/** A moving centre may rise by this a quantum, as a natural logarithm. */
export const RISE = 0.05;

/** Power by which the ringing of a section falls with its excess over RISE. */
export const RELEASE = 8;

/** Hz: where the level of pink noise is read. */
export const LEVEL_RANGE_HZ = [40, 16000];

/** Frequencies at which the level is read. */
export const LEVEL_POINTS = 48;

/** Least and largest correction of the level, as a factor. */
export const LEVEL_CORRECTION = [0.003981071705534973, 15.848931924611133];

/** Fraction of a device's Nyquist from which sections fade out that it cannot hold. */
export const BAND_EDGE = 0.9;

/** The limiter passes samples below this (-3 dBFS) unchanged. */
export const LIMITER_KNEE = 0.7079457843841379;

/** Input beyond ± this (+18 dBFS) is clipped. */
export const INPUT_LIMIT = 8;

/** Kinds of `Motion`. */
export const MOTION_KINDS = ["manual", "spiral", "orbit", "walk", "path"];

/** Largest value of each field of `Motion`; the smallest is 0. Hz, latent units, cycles. */
export const MOTION_LIMITS = { rate: 5, slow_rate: 1, radius: 2, slow_radius: 2, stereo_offset: 1 };

/** Fields of `Motion`; their units are those of `MotionFields`. */
export const MOTION_DEFAULTS = {
  kind: "manual",
  centre: [0, 0, 0, 0],
  rate: 0.5,
  slow_rate: 0.02,
  radius: 1.5,
  slow_radius: 1.5,
  swap: false,
  ratio: [3, 2],
  shift: 0.25,
  phase: 0,
  slow_phase: 0,
  points: [],
  closed: true,
  seed: 0,
  stereo_offset: 0,
  knobs: 4,
};

/** Largest of the two numbers of an orbit's ratio; the smallest is 1. */
export const LARGEST_RATIO = 8;

/** Seconds: time constant with which z joins a motion that has been changed. */
export const GLIDE = 0.02;

/** Limits of the speed of z: latent units a second, and share of |z| a second. */
export const SPEED = { steady: 200, relative: 25 };

/** Latent units: a knob reaches ± `limit`, in steps. */
export const KNOB = { limit: 2, step: 0.01 };

/** How far details may be off a share of others, relative to the length of those. */
export const OFF_RAY = 0.001;

/** What the live panel can filter. */
export const SOURCES = ["pink", "white", "pulses", "saw", "drums", "file", "microphone"];

/** Hz: the rate of the sound and of its recordings. */
export const SOUND_RATE = 48000;

/** First controller of a recorded motion, most of them, quanta in a quarter note, ticks in a quantum, value. */
export const MIDI_FILE = { first: 16, most: 16, blocks: 180, ticks: 4, largest: 16383 };

/** Seconds after which a recording ends by itself. */
export const LONGEST_RECORDING = 600;

/** Sections of a residual that are played. */
export const RESIDUAL_LIMIT = 64;

/** dB, before the limiter. */
export const VOLUME_RANGE = [-60, 12];

/** Traits of the live panel; mix 0 to 1, volume in dB. */
export const LIVE_DEFAULTS = { source: "pink", mix: 1, bypass: false, volume_db: 0, record: false };

/** Versions of z side by side. */
export const SLOT_NAMES = "ABCD";

/** Characters of a preset's name. */
export const LONGEST_NAME = 80;

/** The grid of spectra and how they are made (`signals.spectrum`): Hz, dB, seconds. */
export const SPECTRUM = {
  bins: 513,
  bin_width: 46.875,
  band: [100, 20000],
  dynamic_range: 60,
  longest: 2,
  usable: 0.45,
  rates: [8000, 384000],
  least_coverage: 2,
  largest_level: 1000,
};

/** Where a response begins (`signals.onset`): seconds, and shares of the peak. */
export const ONSET = {
  threshold: 0.03,
  lead: 0.003,
  offset_duration: 0.1,
  longest_pre_ringing: 2,
  silence: 1e-06,
  few_periods: 5,
  first_shell: 0.01,
  emergence: 4,
  asymmetry: 0.1,
};

/** dB: the unit of the encoder's input. */
export const ENCODER_UNIT_DB = 20;

/** Least squares over z (`model.refinement`): damping and its factors, steps, kinds. */
export const REFINEMENT = { damping: 0.1, eased: 0.3, stiffened: 4, steps: 8, candidates: 3, wide: 0.9, beyond: 0.7 };

/** Least squares over sections (`filters.least_squares`), with the ranges of `Sections`. */
export const FITTING = {
  sections: 10,
  most: 32,
  centre: [20, 18000],
  q: [0.25, 10],
  gain: [-18, 18],
  preamp: [-18, 18],
  steps: 100,
  starts: 16,
  points_per_octave: 24,
  rate_weight: 0.1,
  gain_unit: 8,
  longest_step: 1,
  damping: [1e-05, 0.1, 10000],
  ridge: 0.0001,
  candidates: [64, 8],
  broadest: 0.3333333333333333,
  noise: 0.5,
};

/** Comparison of files with their filter, and refits (`formats.response`, `formats.fir`). */
export const EXPORTS = {
  band: [20, 20000],
  points: 2000,
  refit_range: 60,
  fft_size: 262144,
  fir_error: 0.1,
  longest_fir: 131072,
};

/** The search by ear (`model.belief`): Hz, dB, counts. */
export const BY_EAR = {
  hertz: [117.375587, 154.929661, 196.557316, 242.700423, 293.848784, 350.545331, 413.391888, 483.055564, 560.275826, 645.872355, 740.753747, 845.927152, 962.508969, 1091.736696, 1234.982067, 1393.765608, 1569.772782, 1764.871878, 1981.133843, 2220.854265, 2486.577738, 2781.124876, 3107.622251, 3469.535583, 3870.706526, 4315.393448, 4808.316631, 5354.708379, 5960.368556, 6631.726151, 7375.907522, 8200.812039, 9115.195935, 10128.765255, 11252.27888, 12497.662735, 13878.136376, 15408.353317, 17104.556577, 18984.751089],
  deviation: 0.9,
  first_particles: 4096,
  particles: 1024,
  directions: 32,
  compared: 16,
  judges: 256,
  stretches: [1, 1.7, 3],
  floor_db: 2,
  floor_spread: 0.5,
  lapse: 0.02,
  clearly_db: 3,
  graded: 0.9,
  answers: ["a", "b", "same", "clearly a", "clearly b"],
  logistic: 1.702,
  step: 1.2,
  ridge: 1e-06,
  noise_db: 1.5,
  noise_range: [0.1, 10],
  most_answers: 200,
  enough_db: 1.5,
};

/** One-pole sections of Kellet's filter at 44.1 kHz. */
export const PINK_POLES = [0.99886, 0.99332, 0.969, 0.8665, 0.55, -0.7616];

/** Gain of each section. */
export const PINK_GAINS = [0.0555179, 0.0750759, 0.153852, 0.3104856, 0.5329522, -0.016898];

/** Share of the sample and of the one before it. */
export const PINK_DIRECT = [0.5362, 0.115926];

/** Factor from the filter's output to -20 dBFS RMS. */
export const PINK_SCALE = 0.0575;
