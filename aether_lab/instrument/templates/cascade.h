/* Sections in series: each adds a band-pass of its input, a trapezoidal state-variable filter, to it. */
static inline void aether_bank(
    aether_instrument *s, double dry[2][AETHER_BLOCK], double wet[2][AETHER_BLOCK], int channels, int count) {
    double tangent[AETHER_BLOCK], drive[AETHER_BLOCK], scale[AETHER_BLOCK], g0, g1, g2, k0, k1, k2;
    int j, c, i;
    aether_spline(s->level[0], s->level[1], s->level[2], &g0, &g1, &g2);
    for (c = 0; c < channels; c++)
        for (i = 0; i < count; i++) {
            const double n = s->at + i + 1;
            wet[c][i] = dry[c][i] * (g0 + n * (g1 + n * g2));
        }
    for (j = 0; j < AETHER_SECTIONS; j++) {
        double d0, d1, d2;
        aether_spline(s->g[0][j], s->g[1][j], s->g[2][j], &g0, &g1, &g2);
        aether_spline(s->k[0][j], s->k[1][j], s->k[2][j], &k0, &k1, &k2);
        aether_spline(s->gain[0][j], s->gain[1][j], s->gain[2][j], &d0, &d1, &d2);
        for (i = 0; i < count; i++) {
            const double n = s->at + i + 1;
            tangent[i] = g0 + n * (g1 + n * g2);
            drive[i] = d0 + n * (d1 + n * d2);
            scale[i] = 1 / (1 + tangent[i] * (tangent[i] + k0 + n * (k1 + n * k2)));
        }
        for (c = 0; c < channels; c++) {
            double first = s->memory[c][0][j], second = s->memory[c][1][j];
            for (i = 0; i < count; i++) {
                const double v = (first + tangent[i] * (drive[i] * wet[c][i] - second)) * scale[i];
                first = 2 * v - first;
                second += 2 * tangent[i] * v;
                wet[c][i] += v;
            }
            s->memory[c][0][j] = fabs(first) < 1e-30 ? 0 : first; /* subnormal numbers are slow */
            s->memory[c][1][j] = fabs(second) < 1e-30 ? 0 : second;
        }
    }
}
