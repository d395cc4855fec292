/* Sections in parallel: trapezoidal state-variable filters of the input, their outputs added. */
static inline void aether_bank(
    aether_instrument *s, double dry[2][AETHER_BLOCK], double wet[2][AETHER_BLOCK], int channels, int count) {
    int j0, c, i, j;
    memset(wet, 0, 2 * sizeof wet[0]);
    for (j0 = 0; j0 < AETHER_PADDED; j0 += AETHER_LANES) {
        double g[3][AETHER_LANES], k[3][AETHER_LANES], gain[3][AETHER_LANES], memory[2][2][AETHER_LANES];
        for (j = 0; j < AETHER_LANES; j++) {
            const int at = j0 + j;
            aether_spline(s->g[0][at], s->g[1][at], s->g[2][at], &g[0][j], &g[1][j], &g[2][j]);
            aether_spline(s->k[0][at], s->k[1][at], s->k[2][at], &k[0][j], &k[1][j], &k[2][j]);
            aether_spline(s->gain[0][at], s->gain[1][at], s->gain[2][at], &gain[0][j], &gain[1][j], &gain[2][j]);
            for (c = 0; c < 2; c++) {
                memory[c][0][j] = s->memory[c][0][at];
                memory[c][1][j] = s->memory[c][1][at];
            }
        }
        for (i = 0; i < count; i++) {
            const double n = s->at + i + 1;
            double tangent[AETHER_LANES], drive[AETHER_LANES], scale[AETHER_LANES];
            for (j = 0; j < AETHER_LANES; j++) {
                tangent[j] = g[0][j] + n * (g[1][j] + n * g[2][j]);
                drive[j] = gain[0][j] + n * (gain[1][j] + n * gain[2][j]);
                scale[j] = 1 / (1 + tangent[j] * (tangent[j] + k[0][j] + n * (k[1][j] + n * k[2][j])));
            }
            for (c = 0; c < channels; c++) {
                const double x = dry[c][i];
                double *first = memory[c][0], *second = memory[c][1], v[AETHER_LANES], sum = 0;
                for (j = 0; j < AETHER_LANES; j++) {
                    v[j] = (first[j] + tangent[j] * (drive[j] * x - second[j])) * scale[j];
                    first[j] = 2 * v[j] - first[j];
                    second[j] += 2 * tangent[j] * v[j];
                }
                for (j = 0; j < AETHER_LANES; j++)
                    sum += v[j];
                wet[c][i] += sum;
            }
        }
        for (c = 0; c < channels; c++)
            for (j = 0; j < AETHER_LANES; j++) { /* what has decayed is 0: subnormal numbers are slow */
                s->memory[c][0][j0 + j] = fabs(memory[c][0][j]) < 1e-30 ? 0 : memory[c][0][j];
                s->memory[c][1][j0 + j] = fabs(memory[c][1][j]) < 1e-30 ? 0 : memory[c][1][j];
            }
    }
}
