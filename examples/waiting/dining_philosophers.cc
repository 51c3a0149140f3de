// Dijkstra's dining philosophers, twice. First each takes the left fork,
// thinks, and takes the right one: they deadlock, and the run ends with a
// report of who waits for whom. Then each takes both forks with
// std::scoped_lock, which cannot deadlock.

#include <array>
#include <cstdio>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "examples/program.h"
#include "runtime/jiffy.h"

namespace {

constexpr std::array<const char*, 5> kNames = {"Plato", "Hypatia", "Kant",
                                               "Arendt", "Confucius"};
constexpr size_t kSeats = kNames.size();

struct Table {
  std::array<jiffy::Mutex, kSeats> forks;
  std::array<int, kSeats> meals = {};
};

void EatOneAfterTheOther(Table& table, size_t seat) {
  table.forks[seat].lock();
  jiffy::this_thread::SleepFor(absl::Milliseconds(1));
  table.forks[(seat + 1) % kSeats].lock();
  table.meals[seat]++;
  table.forks[(seat + 1) % kSeats].unlock();
  table.forks[seat].unlock();
}

void EatWithBoth(Table& table, size_t seat) {
  for (int meal = 0; meal < 1'000; ++meal) {
    const std::scoped_lock both(table.forks[seat],
                                table.forks[(seat + 1) % kSeats]);
    table.meals[seat]++;
    if (meal % 10 == 0) jiffy::this_thread::Yield();
  }
}

absl::Status Dine(Table& table, void (*eat)(Table&, size_t)) {
  return jiffy::Run({.time_slice = absl::Microseconds(100)}, [&] {
    std::vector<jiffy::Thread> philosophers;
    for (size_t seat = 0; seat < kSeats; ++seat) {
      philosophers.emplace_back(jiffy::ThreadOptions{.name = kNames[seat]}, eat,
                                std::ref(table), seat);
    }
    for (jiffy::Thread& thread : philosophers) thread.Join().IgnoreError();
  });
}

}  // namespace

int main(int argc, char** argv) {
  jiffy::examples::CheckOutputAtExit("dining_philosophers");
  jiffy::examples::PrintUsageIfAsked(
      argc, argv,
      "usage: dining_philosophers\n"
      "Philosophers share forks: with a deadlock, and without.\n");
  // Threads that a deadlock has stopped for ever still refer to their table.
  auto* abandoned = new Table;
  const absl::Status deadlock = Dine(*abandoned, EatOneAfterTheOther);
  const absl::string_view text = deadlock.message();
  printf("One fork after the other:\n%.*s\n\n", static_cast<int>(text.size()),
         text.data());

  Table table;
  const absl::Status dinner = Dine(table, EatWithBoth);
  printf("Both forks at once:\n");
  for (size_t seat = 0; seat < kSeats; ++seat) {
    printf("  %-10s had %d meals\n", kNames[seat], table.meals[seat]);
  }
  if (deadlock.ok() || !dinner.ok()) {
    fprintf(stderr, "dining_philosophers: %s\n", dinner.ToString().c_str());
    return 1;
  }
  return 0;
}
