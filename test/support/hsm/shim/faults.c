#define _GNU_SOURCE
#include "faults.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define NUMBERS 8
static uint64_t *header;

void map_faults(const char *path) {
  size_t size = NUMBERS * sizeof(uint64_t) * (1 + GATED_COUNT);
  int file = open(path, O_RDWR);
  header = file < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (header == MAP_FAILED) {
    perror(path);
    abort();
  }
  close(file);
}

static uint64_t read_number(uint64_t *number) { return __atomic_load_n(number, __ATOMIC_SEQ_CST); }

/* Takes one away, unless there is none. */
static int take(uint64_t *number) {
  uint64_t left = read_number(number);
  while (left > 0) {
    if (__atomic_compare_exchange_n(number, &left, left - 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return 1;
  }
  return 0;
}

int behaves_as_cloudhsm(void) { return read_number(&header[0]) == 1; }

struct fate enter(enum gated at) {
  uint64_t *record = header + NUMBERS * (1 + at);
  struct fate fate = {0, 0, CKR_OK};
  __atomic_fetch_add(&record[6], 1, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&record[0], 1, __ATOMIC_SEQ_CST);
  while (read_number(&header[1]) == 1) usleep(200);
  uint64_t latency = read_number(&record[1]);
  if (latency > 0) usleep(latency);
  if (read_number(&record[3]) == 0 || take(&record[2]) || !take(&record[3])) return fate;
  fate.hit = 1;
  fate.action = read_number(&record[4]);
  fate.code = read_number(&record[5]);
  return fate;
}

void leave(enum gated at) { __atomic_fetch_sub(&header[NUMBERS * (1 + at) + 6], 1, __ATOMIC_SEQ_CST); }
