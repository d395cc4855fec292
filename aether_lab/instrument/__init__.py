"""A space as a program for elsewhere: a C99 header and a Faust program, with decoder, bank and knobs."""
