/* The coroutine lab's three calls, in C.
 *
 * In this exercise of operating systems courses, students write a library of
 * stackful coroutines: the caller of co_start, that is main, is a coroutine
 * too, and each co_yield goes to one of them at random. Here the calls are a
 * page on top of jiffy (coroutine_lab.cc); programs written for the lab compile
 * unchanged.
 *
 *   static void Greet(void *name) { printf("hello from %s\n", name); }
 *
 *   int main(void) {
 *     struct co *co = co_start("greeter", Greet, "a coroutine");
 *     co_wait(co);
 *   }
 *
 * For C only: in C++, co_yield is a keyword. The library brings its own
 * function around main, which runs as the first coroutine.
 */
#ifndef JIFFY_EXAMPLES_COROUTINE_LAB_H_
#define JIFFY_EXAMPLES_COROUTINE_LAB_H_

struct co;

/* Makes a coroutine that will call func(arg); it does not run yet. Like main,
 * it has a stack of its own. Free it by co_wait. */
struct co *co_start(const char *name, void (*func)(void *), void *arg);

/* Lets a random coroutine run that can, maybe the caller itself. */
void co_yield (void);

/* Waits until the coroutine's function has returned, and frees the coroutine.
 * To be called once for each. */
void co_wait(struct co *co);

#endif /* JIFFY_EXAMPLES_COROUTINE_LAB_H_ */
