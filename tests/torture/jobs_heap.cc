// malloc and similar calls: blocks keep their contents, whichever thread frees
// them.

#include <malloc.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "tests/torture/jobs.h"

namespace jiffy::torture {
namespace {

// The head of each block; the rest of it is a pattern made from `tag`.
struct Block {
  uint32_t size;
  bool from_new;
  uint64_t tag;
};

unsigned char PatternByte(uint64_t tag, size_t i) {
  return static_cast<unsigned char>((tag >> (8 * (i % 8))) + i / 8);
}

unsigned char* Bytes(Block* block) {
  return reinterpret_cast<unsigned char*>(block + 1);
}

void Fill(Block* block, size_t begin) {
  for (size_t i = begin; i < block->size - sizeof(Block); ++i) {
    Bytes(block)[i] = PatternByte(block->tag, i);
  }
}

bool Intact(Block* block, size_t size) {
  for (size_t i = 0; i < size - sizeof(Block); ++i) {
    if (Bytes(block)[i] != PatternByte(block->tag, i)) return false;
  }
  return true;
}

class HeapJob final : public Job {
 public:
  explicit HeapJob(const JobSetting& setting) : failures_(*setting.failures) {}

  void Round(JobContext& context) override {
    constexpr int kSteps = 40;
    std::array<Block*, 12> blocks = {};
    for (int step = 0; step < kSteps; ++step) {
      Block*& block = blocks[context.random.Below(blocks.size())];
      if (block == nullptr) {
        block = Allocate(context);
        continue;
      }
      switch (context.random.Below(4)) {
        case 0:
          // Whichever thread put a block there, it belongs to this thread now.
          block = shelf_[context.random.Below(shelf_.size())].exchange(block);
          break;
        case 1:
          block = Resize(context, block);
          break;
        default:
          Free(block);
          block = nullptr;
      }
    }
    for (Block* block : blocks) Free(block);
  }

  void Finish() override {
    for (std::atomic<Block*>& place : shelf_) Free(place.exchange(nullptr));
  }

 private:
  static uint32_t DrawSize(JobContext& context) {
    const uint32_t kind = context.random.Below(64);
    if (kind == 0) return 32 + context.random.Below(200 << 10);  // mmap too.
    if (kind < 8) return 32 + context.random.Below(8 << 10);
    return 32 + context.random.Below(500);
  }

  Block* Allocate(JobContext& context) {
    const uint32_t size = DrawSize(context);
    const uint32_t kind = context.random.Below(4);
    void* memory = nullptr;
    switch (kind) {
      case 0:
        memory = malloc(size);
        break;
      case 1:
        memory = calloc(1, size);
        for (uint32_t i = 0; memory != nullptr && i < size; ++i) {
          if (static_cast<unsigned char*>(memory)[i] == 0) continue;
          TORTURE_EXPECT(failures_, !"calloc gives zeros");
          break;
        }
        break;
      case 2:
        memory = aligned_alloc(64, (size + 63) & ~63u);
        TORTURE_EXPECT(failures_,
                       reinterpret_cast<uintptr_t>(memory) % 64 == 0);
        break;
      default:
        memory = ::operator new(size);
    }
    if (!TORTURE_EXPECT(failures_, memory != nullptr)) return nullptr;
    TORTURE_EXPECT(failures_, malloc_usable_size(memory) >= size);
    Block* block = new (memory) Block{size, kind == 3, context.random.Next()};
    Fill(block, 0);
    return block;
  }

  Block* Resize(JobContext& context, Block* block) {
    if (block->from_new) return block;
    const uint32_t old_size = block->size;
    const uint32_t size = DrawSize(context);
    void* memory = realloc(block, size);
    if (!TORTURE_EXPECT(failures_, memory != nullptr)) return block;
    block = static_cast<Block*>(memory);
    const uint32_t kept = old_size < size ? old_size : size;
    TORTURE_EXPECT(failures_, Intact(block, kept));
    block->size = size;
    Fill(block, kept - sizeof(Block));
    return block;
  }

  // Not inline, or the compiler believes that realloc's blocks are deleted.
  [[gnu::noinline]] void Free(Block* block) {
    if (block == nullptr) return;
    TORTURE_EXPECT(failures_, Intact(block, block->size));
    const bool from_new = block->from_new;
    // A second owner would see this. Volatile, so that it is written.
    for (int i = 0; i < 24; ++i) {
      reinterpret_cast<volatile unsigned char*>(block)[i] = 0xdd;
    }
    if (from_new) {
      ::operator delete(static_cast<void*>(block));
    } else {
      free(block);
    }
  }

  Failures& failures_;
  // Blocks that wait for another thread to take them.
  std::array<std::atomic<Block*>, 64> shelf_ = {};
};

}  // namespace

std::unique_ptr<Job> MakeHeapJob(const JobSetting& setting) {
  return std::make_unique<HeapJob>(setting);
}

}  // namespace jiffy::torture
