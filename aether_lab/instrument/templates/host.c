/* An example host: a WAV file through the instrument, moved by a table of its knobs.
 *
 *     gcc -O2 play.c -o play -lm
 *     ./play dry.wav wet.wav [motion.csv] [Treble=1.5 room=1 Mix=0.8 ...]
 *
 * Reads WAV files of one or two channels, 16, 24 or 32 bits or float, and writes float. The table is that of
 * aether_lab's RecordedMotion: a line "time,z0,z1,..." and then rows of seconds and z (knobs, then details, then
 * weights of kinds; those left out stay), between which z is interpolated. Prints the time that the filter took.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "@HEADER@"

typedef struct {
    unsigned rate, channels;
    size_t frames;
    AETHER_SAMPLE *samples[2];
} sound;

typedef struct {
    size_t rows, at; /* at: the row that was last played */
    int columns;     /* time, and numbers of z */
    double *values;
} table;

static void fail(const char *name, const char *reason) {
    fprintf(stderr, "%s: %s\n", name, reason);
    exit(1);
}

static void *allocated(size_t size) {
    void *memory = malloc(size ? size : 1);
    if (!memory)
        fail("play", "no memory is left");
    return memory;
}

/* The whole file with a zero after it. */
static unsigned char *contents(const char *name, size_t *size) {
    FILE *file = fopen(name, "rb");
    unsigned char *bytes;
    long end;
    if (!file || fseek(file, 0, SEEK_END) || (end = ftell(file)) < 0 || fseek(file, 0, SEEK_SET))
        fail(name, "cannot be read");
    *size = (size_t)end;
    bytes = (unsigned char *)allocated(*size + 1);
    if (fread(bytes, 1, *size, file) != *size)
        fail(name, "cannot be read");
    bytes[*size] = 0;
    fclose(file);
    return bytes;
}

static uint32_t number(const unsigned char *bytes, int count) {
    uint32_t value = 0;
    while (count--)
        value = value << 8 | bytes[count];
    return value;
}

static double sample_of(const unsigned char *bytes, unsigned bits, int is_float) {
    const uint32_t value = number(bytes, (int)bits / 8) << (32 - bits);
    float as_float;
    int32_t as_integer;
    memcpy(&as_float, &value, 4);
    memcpy(&as_integer, &value, 4);
    return is_float ? (double)as_float : as_integer / 2147483648.0;
}

static sound read_wav(const char *name) {
    size_t size, at, i;
    unsigned char *bytes = contents(name, &size);
    const unsigned char *format = NULL, *data = NULL;
    uint32_t length = 0;
    unsigned bits, kind;
    sound found;
    if (size < 12 || memcmp(bytes, "RIFF", 4) || memcmp(bytes + 8, "WAVE", 4))
        fail(name, "is no WAV file");
    for (at = 12; at + 8 <= size && !data; at += 8 + (size_t)length + length % 2) {
        length = number(bytes + at + 4, 4);
        if (length > size - at - 8)
            length = (uint32_t)(size - at - 8);
        if (!memcmp(bytes + at, "fmt ", 4) && length >= 16)
            format = bytes + at + 8;
        else if (!memcmp(bytes + at, "data", 4))
            data = bytes + at + 8;
    }
    if (!format || !data)
        fail(name, "has no samples");
    kind = number(format, 2);
    found.channels = number(format + 2, 2);
    found.rate = number(format + 4, 4);
    bits = number(format + 14, 2);
    if (kind == 0xFFFE && format + 26 <= data)
        kind = number(format + 24, 2); /* of an extended format */
    if (found.channels < 1 || found.channels > 2)
        fail(name, "has more than two channels");
    if (!(kind == 1 && (bits == 16 || bits == 24 || bits == 32)) && !(kind == 3 && bits == 32))
        fail(name, "has other samples than 16, 24 or 32 bits or 32-bit float");
    found.frames = length / (found.channels * bits / 8);
    for (i = 0; i < 2; i++)
        found.samples[i] = (AETHER_SAMPLE *)allocated(found.frames * sizeof(AETHER_SAMPLE));
    for (i = 0; i < found.frames * found.channels; i++)
        found.samples[i % found.channels][i / found.channels] =
            (AETHER_SAMPLE)sample_of(data + i * bits / 8, bits, kind == 3);
    free(bytes);
    return found;
}

static void put(FILE *file, uint32_t value, int count) {
    for (; count--; value >>= 8)
        fputc((int)(value & 255), file);
}

static void write_wav(const char *name, const sound *played) {
    const uint32_t bytes = (uint32_t)(played->frames * played->channels * 4);
    FILE *file = fopen(name, "wb");
    size_t i;
    if (!file)
        fail(name, "cannot be written");
    fputs("RIFF", file), put(file, bytes + 36, 4), fputs("WAVEfmt ", file), put(file, 16, 4);
    put(file, 3, 2), put(file, played->channels, 2), put(file, played->rate, 4);
    put(file, played->rate * played->channels * 4, 4), put(file, played->channels * 4, 2), put(file, 32, 2);
    fputs("data", file), put(file, bytes, 4);
    for (i = 0; i < played->frames * played->channels; i++) {
        const float value = (float)played->samples[i % played->channels][i / played->channels];
        uint32_t word;
        memcpy(&word, &value, 4);
        put(file, word, 4);
    }
    if (ferror(file) | fclose(file))
        fail(name, "cannot be written");
}

static table read_table(const char *name) {
    size_t size, most = 0, count = 0, i;
    char *text = (char *)contents(name, &size), *at, *end;
    table found;
    found.at = 0;
    found.columns = 1;
    if (strncmp(text, "time,", 5) || !(at = strchr(text, '\n')))
        fail(name, "does not begin with a line time,z0,z1,...");
    for (i = 0; text + i < at; i++)
        found.columns += text[i] == ',';
    for (i = 0; i < size; i++)
        most += text[i] == ',' || text[i] == '\n';
    found.values = (double *)allocated((most + 1) * sizeof(double));
    for (;; at = end + (*end == ',')) {
        const double value = strtod(at, &end);
        if (end == at)
            break;
        found.values[count++] = value;
    }
    for (; *at == '\n' || *at == '\r' || *at == ' '; at++) {
    }
    found.rows = count / (size_t)found.columns;
    if (*at || !count || count % (size_t)found.columns || found.columns > 1 + AETHER_LATENT)
        fail(name, "has rows of other numbers than those of its first line, or more than the instrument has");
    free(text);
    return found;
}

/* Sets z as the table has it at a time; its ends are held. */
static void move(aether_instrument *filter, table *motion, double seconds) {
    const size_t width = (size_t)motion->columns;
    const double *a, *b;
    double part;
    int i;
    while (motion->at + 1 < motion->rows && motion->values[(motion->at + 1) * width] <= seconds)
        motion->at++;
    a = motion->values + motion->at * width;
    b = motion->at + 1 < motion->rows ? a + width : a;
    part = b[0] > a[0] ? (seconds - a[0]) / (b[0] - a[0]) : 0;
    part = part < 0 ? 0 : part;
    for (i = 1; i < motion->columns; i++)
        aether_set(filter, i - 1, a[i] + part * (b[i] - a[i]));
}

/* Sets a control by its name, as in Treble=1.5. */
static void set_by_name(aether_instrument *filter, const char *text) {
    const char *equals = strchr(text, '=');
    int i;
    for (i = 0; equals && i < AETHER_CONTROLS; i++)
        if (strlen(aether_name[i]) == (size_t)(equals - text) && !strncmp(text, aether_name[i], strlen(aether_name[i]))) {
            aether_set(filter, i, atof(equals + 1));
            return;
        }
    fprintf(stderr, "%s: no control of this name and =; there are", text);
    for (i = 0; i < AETHER_CONTROLS; i++)
        fprintf(stderr, "%s %s", i ? "," : "", aether_name[i]);
    fputs("\n", stderr);
    exit(1);
}

int main(int count, char **words) {
    static aether_instrument filter;
    table motion = {0, 0, 0, NULL};
    sound played;
    clock_t began;
    double seconds;
    size_t at;
    int i;
    if (count < 3)
        fail("play", "use it as play DRY.wav WET.wav [MOTION.csv] [Name=value ...]");
    played = read_wav(words[1]);
    if (aether_init(&filter, played.rate))
        fail(words[1], "has a sample rate outside 8000 to 384000 Hz");
    for (i = 3; i < count; i++) {
        const size_t length = strlen(words[i]);
        if (length > 4 && !strcmp(words[i] + length - 4, ".csv"))
            motion = read_table(words[i]);
        else
            set_by_name(&filter, words[i]);
    }
    began = clock();
    for (at = 0; at < played.frames; at += AETHER_BLOCK) {
        const size_t rest = played.frames - at;
        AETHER_SAMPLE *block[2];
        block[0] = played.samples[0] + at;
        block[1] = played.samples[1] + at;
        if (motion.rows) /* z of a block is that of its end */
            move(&filter, &motion, (double)(at + AETHER_BLOCK) / played.rate);
        aether_process(
            &filter, (const AETHER_SAMPLE *const *)block, block, (int)played.channels,
            rest < AETHER_BLOCK ? (int)rest : AETHER_BLOCK);
    }
    seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    write_wav(words[2], &played);
    printf("%g s of sound in %g s: %.2f %% of a core\n", (double)played.frames / played.rate, seconds,
           played.frames ? 100 * seconds * played.rate / (double)played.frames : 0.0);
    free(motion.values);
    free(played.samples[0]);
    free(played.samples[1]);
    return 0;
}
