/* A program as students write it to try their coroutine library: plain C that
 * knows nothing of jiffy. First two coroutines count together, then producers
 * and consumers share a bounded buffer that needs no lock, since nothing but
 * co_yield switches; and all the while there is one that only yields. */

#include <stdio.h>

#include "examples/coroutine_lab.h"

static int count = 1;

static void Count(void *arg) {
  for (int i = 0; i < 5; ++i) {
    printf("%s[%d] ", (const char *)arg, count++);
    co_yield();
  }
}

static void CountTogether(void) {
  struct co *a = co_start("a", Count, "a");
  struct co *b = co_start("b", Count, "b");
  co_wait(a);
  co_wait(b);
  printf("counted to %d\n", count - 1);
}

enum { kItems = 100, kRoom = 4, kStop = -1 };

static int buffer[kRoom];
static int filled = 0;
static int produced = 0;
static int consumed_sum = 0;

static void Put(int item) {
  while (filled == kRoom) co_yield();
  buffer[filled++] = item;
}

static int Get(void) {
  while (filled == 0) co_yield();
  return buffer[--filled];
}

static void Produce(void *arg) {
  (void)arg;
  while (produced < kItems) {
    Put(++produced);
    co_yield();
  }
}

static void Consume(void *arg) {
  int *taken = arg;
  for (;;) {
    const int item = Get();
    if (item == kStop) return;
    consumed_sum += item;
    ++*taken;
    co_yield();
  }
}

static void ProduceAndConsume(void) {
  int taken[2] = {0, 0};
  struct co *producers[2];
  struct co *consumers[2];
  for (int i = 0; i < 2; ++i) {
    producers[i] = co_start("producer", Produce, NULL);
    consumers[i] = co_start("consumer", Consume, &taken[i]);
  }
  for (int i = 0; i < 2; ++i) co_wait(producers[i]);
  /* The buffer is a stack: the consumers are to empty it first. */
  while (filled > 0) co_yield();
  for (int i = 0; i < 2; ++i) Put(kStop);
  for (int i = 0; i < 2; ++i) co_wait(consumers[i]);
  printf("2 producers, %d + %d items consumed, their sum %d\n", taken[0],
         taken[1], consumed_sum);
}

static void Idle(void *arg) {
  (void)arg;
  for (;;) co_yield();
}

int main(void) {
  /* Nobody waits for it: it ends when main does. */
  co_start("idler", Idle, NULL);
  CountTogether();
  ProduceAndConsume();
  if (fflush(stdout) == 0) return 0;
  perror("coroutine_lab_demo: cannot write to standard output");
  return 1;
}
