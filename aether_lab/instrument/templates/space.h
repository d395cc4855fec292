/*
@ABOUT@
 *
 * A learned space of filters as one C99 header: decoder, bank and named knobs. It needs the C library (math.h, string.h)
 * and nothing else, allocates nothing, and plays sample by sample what aether_lab's `render` plays.
 *
 *     static aether_instrument filter;              @BYTES@ bytes of state, for one or two channels
 *     aether_init(&filter, 48000.0);                -1 for a rate outside 8000 to 384000 Hz
 *     aether_set(&filter, AETHER_MIX, 0.5);         before the first block: where it begins
 *     aether_process(&filter, in, out, 2, frames);  any number of frames; in and out may be the same
 *
 * Call all functions of an instrument from one thread. A value that is set takes effect at the next start of a block of
 * AETHER_BLOCK frames, counted from the first frame, and is reached smoothly two blocks later, at any number of frames a
 * call; there is no latency. A knob never jumps: its speed is limited as in `render`. The decoder runs only in blocks
 * whose knobs have changed. For two spaces in one program, include each header in a source file of its own.
 *
 * Knobs are of use from -2 to 2, details likewise with 0 for none, kinds are weights >= 0 of any sum (all 0: an equal
 * mixture), AETHER_MIX is 0 dry to 1 wet. Pink noise has the same level wet as dry, and nothing exceeds full scale:
 * above -3 dBFS a limiter bends the signal. Centres keep their frequency in hertz at every sample rate; at rates below
 * @RATE_HZ@ Hz sections fade out near the Nyquist frequency.
 */
#ifndef AETHER_INSTRUMENT_H
#define AETHER_INSTRUMENT_H

#include <math.h>
#include <string.h>

#ifndef AETHER_SAMPLE
#define AETHER_SAMPLE float /* or double: the type of samples; the arithmetic is in double */
#endif

#define AETHER_NAME @NAME@
#define AETHER_KNOBS @KNOBS@
#define AETHER_DETAILS @DETAILS@
#define AETHER_KINDS @KINDS@
#define AETHER_LATENT (AETHER_KNOBS + AETHER_DETAILS + AETHER_KINDS) /* numbers of z, in the order of the controls */
#define AETHER_SECTIONS @SECTIONS@
#define AETHER_BLOCK @BLOCK@ /* frames from one decoded z to the next, at any sample rate */

/* What aether_set takes. */
enum {
@ENUM@
    AETHER_MIX,
    AETHER_CONTROLS
};

static const char *const aether_name[AETHER_CONTROLS] = {
@NAMES@
    "Mix"
};

/* lowest, highest and initial value of each control, for sliders; other values of knobs and details are played too */
static const double aether_range[AETHER_CONTROLS][3] = {
@RANGES@
    {0, 1, 1}
};

enum {
    AETHER_INPUTS = AETHER_KNOBS + AETHER_DETAILS,
    AETHER_FIRST = @FIRST_SIZE@,
    AETHER_SECOND = @SECOND_SIZE@,
    AETHER_RAW = 3 * AETHER_SECTIONS,
    AETHER_LANES = 8, /* sections side by side, for the vector units of a processor */
    AETHER_PADDED = (AETHER_SECTIONS + AETHER_LANES - 1) / AETHER_LANES * AETHER_LANES,
    AETHER_POINTS = @POINTS@
};

/* The weights of the decoder, float32: kernels row by row of their inputs@KIND_NOTE@. */
@WEIGHTS@

typedef struct {
    double sample_rate;
    double control[AETHER_CONTROLS];      /* as set */
    double z[AETHER_LATENT];              /* at the end of the block, after the limit of its speed */
    double g[3][AETHER_PADDED];           /* of the last three blocks: tan(w0/2), 1/Q and the gain at the input */
    double k[3][AETHER_PADDED];
    double gain[3][AETHER_PADDED];
    double level[3], mix[3];
    double memory[2][2][AETHER_PADDED];   /* of each channel and integrator */
    double tangent[AETHER_POINTS], cotangent[AETHER_POINTS];
#if AETHER_KINDS
    double weight[AETHER_KINDS];          /* of the layers below */
    double kernel[AETHER_INPUTS * AETHER_FIRST], bias[AETHER_FIRST];
    double linear[AETHER_INPUTS * AETHER_RAW], linear_bias[AETHER_RAW];
#endif
    int at, fresh, changed;
} aether_instrument;

static inline double aether_clamp(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

/* Starts again with empty filters; the next block begins at the controls as they are set. */
static inline void aether_reset(aether_instrument *s) {
    memset(s->memory, 0, sizeof s->memory);
    s->at = 0;
    s->fresh = 1;
}

/* Prepares an instrument for a sample rate, with every control at its initial value. Returns 0, or -1 for a sample rate
   outside 8000 to 384000 Hz. */
static inline int aether_init(aether_instrument *s, double sample_rate) {
    const double pi = 3.14159265358979323846;
    int i;
    if (!(sample_rate >= @LOWEST_RATE@ && sample_rate <= @HIGHEST_RATE@))
        return -1;
    memset(s, 0, sizeof *s);
    s->sample_rate = sample_rate;
    for (i = 0; i < AETHER_CONTROLS; i++)
        s->control[i] = aether_range[i][2];
    for (i = 0; i < AETHER_POINTS; i++) { /* log-spaced frequencies at which the level of pink noise is taken */
        const double highest = 0.45 * sample_rate < @LEVEL_HIGH@ ? 0.45 * sample_rate : @LEVEL_HIGH@;
        const double hertz = @LEVEL_LOW@ * pow(highest / @LEVEL_LOW@, (double)i / (AETHER_POINTS - 1));
        s->tangent[i] = tan(pi * hertz / sample_rate);
        s->cotangent[i] = 1 / s->tangent[i];
    }
#if AETHER_KINDS
    s->weight[0] = -1; /* no weight: to be mixed */
#endif
    aether_reset(s);
    return 0;
}

/* Sets a control; NaN is 0, any other value is clipped to a valid one, and an unknown control is ignored. */
static inline void aether_set(aether_instrument *s, int control, double value) {
    if (control < 0 || control >= AETHER_CONTROLS)
        return;
    value = value == value ? aether_clamp(value, -@Z_LIMIT@, @Z_LIMIT@) : 0;
    s->control[control] = control == AETHER_MIX ? aether_clamp(value, 0, 1) : value;
}

#if AETHER_KINDS
/* Chooses one kind, AETHER_KIND_… */
static inline void aether_set_kind(aether_instrument *s, int kind) {
    int i;
    for (i = AETHER_INPUTS; i < AETHER_LATENT; i++)
        aether_set(s, i, i == kind);
}
#endif

/* output += input times kernel */
static inline void aether_product_double(const double *kernel, const double *input, int inputs, double *output, int outputs) {
    int i, j;
    for (i = 0; i < inputs; i++)
        for (j = 0; j < outputs; j++)
            output[j] += input[i] * kernel[i * outputs + j];
}

static inline void aether_product(const float *kernel, const double *input, int inputs, double *output, int outputs) {
    int i, j;
    for (i = 0; i < inputs; i++) {
        const double value = input[i];
        if (value == 0) /* about half of what a ReLU leaves */
            continue;
        for (j = 0; j < outputs; j++)
            output[j] += value * (double)kernel[i * outputs + j];
    }
}

static inline void aether_rectify(double *values, int count) {
    int i;
    for (i = 0; i < count; i++)
        values[i] = values[i] > 0 ? values[i] : 0;
}

#if AETHER_KINDS
/* The layers of all kinds by their weights in z, if these have changed. */
static inline void aether_mix_kinds(aether_instrument *s) {
    double weight[AETHER_KINDS], total = 0;
    int i;
    for (i = 0; i < AETHER_KINDS; i++) {
        weight[i] = s->z[AETHER_INPUTS + i] > 0 ? s->z[AETHER_INPUTS + i] : 0;
        total += weight[i];
    }
    for (i = 0; i < AETHER_KINDS; i++)
        weight[i] = total > 0 ? weight[i] / total : 1.0 / AETHER_KINDS;
    if (!memcmp(weight, s->weight, sizeof weight))
        return;
    memcpy(s->weight, weight, sizeof weight);
    memset(s->kernel, 0, sizeof s->kernel);
    memset(s->bias, 0, sizeof s->bias);
    memset(s->linear, 0, sizeof s->linear);
    memset(s->linear_bias, 0, sizeof s->linear_bias);
    aether_product(aether_kernel_0, weight, AETHER_KINDS, s->kernel, AETHER_INPUTS * AETHER_FIRST);
    aether_product(aether_bias_0, weight, AETHER_KINDS, s->bias, AETHER_FIRST);
    aether_product(aether_linear, weight, AETHER_KINDS, s->linear, AETHER_INPUTS * AETHER_RAW);
    aether_product(aether_linear_bias, weight, AETHER_KINDS, s->linear_bias, AETHER_RAW);
}
#endif

/* What the network says of z: three numbers without limits for each section. */
static inline void aether_decode(aether_instrument *s, double *raw) {
    double first[AETHER_FIRST], second[AETHER_SECOND];
    int j;
#if AETHER_KINDS
    aether_mix_kinds(s);
    memcpy(first, s->bias, sizeof first);
    aether_product_double(s->kernel, s->z, AETHER_INPUTS, first, AETHER_FIRST);
#else
    for (j = 0; j < AETHER_FIRST; j++)
        first[j] = (double)aether_bias_0[j];
    aether_product(aether_kernel_0, s->z, AETHER_INPUTS, first, AETHER_FIRST);
#endif
    aether_rectify(first, AETHER_FIRST);
    for (j = 0; j < AETHER_SECOND; j++)
        second[j] = (double)aether_bias_1[j];
    aether_product(aether_kernel_1, first, AETHER_FIRST, second, AETHER_SECOND);
    aether_rectify(second, AETHER_SECOND);
    for (j = 0; j < AETHER_RAW; j++)
        raw[j] = (double)aether_bias_2[j];
    aether_product(aether_kernel_2, second, AETHER_SECOND, raw, AETHER_RAW);
#if AETHER_KINDS
    for (j = 0; j < AETHER_RAW; j++)
        raw[j] += s->linear_bias[j];
    aether_product_double(s->linear, s->z, AETHER_INPUTS, raw, AETHER_RAW);
#endif
}

/* The parameters of every section for z, in the last of the three rows. */
static inline void aether_design(aether_instrument *s) {
    const double quarter = 1.57079632679489661923, scale = @RATE@ / s->sample_rate;
    double raw[AETHER_RAW], @ACCUMULATORS@, power = 0;
    int i, j;
    aether_decode(s, raw);
    for (i = 0; i < AETHER_POINTS; i++)
        @CLEAR@;
    for (j = 0; j < AETHER_SECTIONS; j++) {
        const double position = 1 / (1 + exp(-raw[3 * j])), x = raw[3 * j + 1];
        const double fraction = (@FREQUENCY@) * scale; /* of Nyquist */
        const double softplus = (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
        const double q = aether_clamp(softplus + @LOWEST_Q@, @Q_LOW@, @Q_HIGH@);
        const double fade = scale > 1 ? aether_clamp((1 - fraction) / (1 - @BAND_EDGE@), 0, 1) : 1;
        const double gain_db = @GAIN_LIMIT@ * tanh(raw[3 * j + 2]);
        const double g = tan(quarter * aether_clamp(fraction, @CENTRE_LOW@, @CENTRE_HIGH@));
        const double rise = q / g, fall = q * g; /* v = Q (u - 1/u), u = tan(w/2) / tan(w0/2) */
@SECTION@
        s->g[2][j] = g;
    }
    for (i = 0; i < AETHER_POINTS; i++)
        power += @POWER@;
    s->level[2] = aether_clamp(sqrt(AETHER_POINTS / power), @LEVEL_LEAST@, @LEVEL_MOST@);
@LEVELLED@
    for (j = AETHER_SECTIONS; j < AETHER_PADDED; j++) {
        s->g[2][j] = s->k[2][j] = 1;
        s->gain[2][j] = 0;
    }
}

/* Moves z towards the controls by a block, no faster than a limit; returns whether it has moved. */
static inline int aether_approach(aether_instrument *s) {
    const double period = AETHER_BLOCK / s->sample_rate;
    int i, moved = 0;
    for (i = 0; i < AETHER_LATENT; i++) {
        const double now = s->z[i], relative = @SPEED_RELATIVE@ * fabs(now);
        const double step = period * (relative > @SPEED_STEADY@ ? relative : @SPEED_STEADY@);
        s->z[i] = s->fresh ? s->control[i] : aether_clamp(s->control[i], now - step, now + step);
        moved |= s->z[i] != now;
    }
    return moved;
}

static inline void aether_shift(double rows[3][AETHER_PADDED], int fresh) {
    if (fresh) { /* the first row, already in the place of the last, for all */
        memcpy(rows[0], rows[2], sizeof rows[0]);
        memcpy(rows[1], rows[2], sizeof rows[1]);
    } else {
        memmove(rows[0], rows[1], 2 * sizeof rows[0]);
    }
}

/* Everything that is done once a block. */
static inline void aether_advance(aether_instrument *s) {
    const double remaining = exp(-AETHER_BLOCK / (@GLIDE@ * s->sample_rate));
    const double gap = (s->mix[2] - s->control[AETHER_MIX]) * remaining;
    const int moved = aether_approach(s), fresh = s->fresh;
    int j;
    if (!fresh) {
        aether_shift(s->g, 0);
        aether_shift(s->k, 0);
        aether_shift(s->gain, 0);
        s->level[0] = s->level[1];
        s->level[1] = s->level[2];
        s->mix[0] = s->mix[1];
        s->mix[1] = s->mix[2];
    }
    s->mix[2] = s->control[AETHER_MIX] + (fresh || fabs(gap) < 1e-9 ? 0 : gap);
    if (fresh || moved || s->changed)
        aether_design(s);
    s->changed = 0;
    if (fresh) {
        aether_shift(s->g, 1);
        aether_shift(s->k, 1);
        aether_shift(s->gain, 1);
        s->level[0] = s->level[1] = s->level[2];
        s->mix[0] = s->mix[1] = s->mix[2];
    }
    for (j = 0; j < AETHER_SECTIONS; j++) { /* the ringing of a centre that rises fast is damped */
        const double ratio = s->g[2][j] / s->g[1][j];
        if (ratio > @RISE_RATIO@) {
            s->k[2][j] += @RELEASE@ * (log(ratio) - @RISE@) / (AETHER_BLOCK * s->g[2][j]);
            s->changed = 1;
        }
    }
    s->fresh = 0;
}

/* A parameter n frames into the block, on the quadratic B-spline of three rows: start + n (slope + n bend). */
static inline void aether_spline(double a, double b, double c, double *start, double *slope, double *bend) {
    *start = (a + b) / 2;
    *slope = (b - a) / AETHER_BLOCK;
    *bend = (a / 2 - b + c / 2) / ((double)AETHER_BLOCK * AETHER_BLOCK);
}

@BANK@

static inline double aether_soft_limit(double x) {
    const double knee = @KNEE@, over = fabs(x) - knee;
    const double bent = over > 0 ? knee + (1 - knee) * tanh(over / (1 - knee)) : 0;
    return over > 0 ? (x < 0 ? -bent : bent) : x;
}

/* Filters frames of one or two channels, in[channel][frame] to out[channel][frame]; others are left alone. NaN in the
   input is 0, the rest is clipped to +18 dBFS. */
static inline void aether_process(
    aether_instrument *s, const AETHER_SAMPLE *const *in, AETHER_SAMPLE *const *out, int channels, int frames) {
    double dry[2][AETHER_BLOCK], wet[2][AETHER_BLOCK], start, slope, bend;
    int done = 0, c, i;
    channels = channels > 2 ? 2 : channels;
    while (done < frames) {
        const int rest = frames - done, left = AETHER_BLOCK - s->at, count = rest < left ? rest : left;
        if (s->at == 0)
            aether_advance(s);
        for (c = 0; c < channels; c++)
            for (i = 0; i < count; i++) {
                const double x = (double)in[c][done + i];
                dry[c][i] = x == x ? aether_clamp(x, -@INPUT_LIMIT@, @INPUT_LIMIT@) : 0;
            }
        aether_bank(s, dry, wet, channels, count);
        aether_spline(s->mix[0], s->mix[1], s->mix[2], &start, &slope, &bend);
        for (c = 0; c < channels; c++)
            for (i = 0; i < count; i++) {
                const double n = s->at + i + 1, mix = start + n * (slope + n * bend);
                out[c][done + i] = (AETHER_SAMPLE)aether_soft_limit(dry[c][i] + mix * (wet[c][i] - dry[c][i]));
            }
        s->at = (s->at + count) % AETHER_BLOCK;
        done += count;
    }
}

#endif
