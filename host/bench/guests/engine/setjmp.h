// WASI has no setjmp. Scripts of the benchmark throw nothing: a jump is a trap.
#ifndef BENCH_SETJMP_H
#define BENCH_SETJMP_H

typedef int jmp_buf[1];
#define setjmp(env) 0
#define longjmp(env, value) __builtin_trap()

#endif
