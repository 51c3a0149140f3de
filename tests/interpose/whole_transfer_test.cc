// A thread that sends many bytes, or asks for all of them, beside a thread that
// never waits: no tick stops the transfer in the middle.
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <numeric>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/interpose/beside_hog.h"
#include "tests/interpose/sockets.h"

namespace jiffy {
namespace {

constexpr size_t kBytes = 1 << 19;

std::vector<char> Bytes() {
  std::vector<char> bytes(kBytes);
  std::iota(bytes.begin(), bytes.end(), 0);
  for (size_t i = 0; i < kBytes; i += 251) bytes[i] = static_cast<char>(i >> 8);
  return bytes;
}

// Takes a part now and then, in an OS thread, until it has all bytes.
std::vector<char> TakeSlowly(int fd) {
  constexpr size_t kPart = 1 << 14;
  std::vector<char> got(kBytes);
  size_t done = 0;
  while (done < kBytes) {
    std::this_thread::sleep_for(std::chrono::microseconds(300));
    const ssize_t part =
        read(fd, got.data() + done, std::min(kPart, kBytes - done));
    if (part <= 0) break;
    done += static_cast<size_t>(part);
  }
  got.resize(done);
  return got;
}

class WholeTransferTest : public BesideHogTest {
 protected:
  // `send` sends all of Bytes() to the descriptor.
  void ExpectWhole(const char* name, int to, int from,
                   const std::function<ssize_t(int)>& send) {
    std::vector<char> got;
    std::thread taker([&] { got = TakeSlowly(from); });
    const ssize_t sent = send(to);
    EXPECT_EQ(sent, static_cast<ssize_t>(kBytes)) << name;
    // Otherwise the other thread would wait for ever.
    if (sent != static_cast<ssize_t>(kBytes)) shutdown(to, SHUT_WR);
    taker.join();
    EXPECT_TRUE(got == Bytes()) << name;
  }
};

TEST_P(WholeTransferTest, Senders_SendAll) {
  RunBesideHog([&] {
    std::vector<char> bytes = Bytes();
    iovec parts[3] = {
        {.iov_base = bytes.data(), .iov_len = kBytes / 2 + 1},
        {.iov_base = nullptr, .iov_len = 0},
        {.iov_base = bytes.data() + kBytes / 2 + 1,
         .iov_len = kBytes - kBytes / 2 - 1},
    };
    msghdr message = {};
    message.msg_iov = parts;
    message.msg_iovlen = 3;
    Pair pair;
    ExpectWhole("write", pair.a, pair.b,
                [&](int fd) { return write(fd, bytes.data(), kBytes); });
    ExpectWhole("writev", pair.a, pair.b,
                [&](int fd) { return writev(fd, parts, 3); });
    ExpectWhole("send", pair.a, pair.b,
                [&](int fd) { return send(fd, bytes.data(), kBytes, 0); });
    ExpectWhole("sendmsg", pair.a, pair.b,
                [&](int fd) { return sendmsg(fd, &message, 0); });
  });
}

TEST_P(WholeTransferTest, ReceiverThatWantsAll_GetsAll) {
  RunBesideHog([&] {
    Pair pair;
    const std::vector<char> bytes = Bytes();
    std::thread sender([&] {
      constexpr size_t kPart = 1 << 14;
      for (size_t done = 0; done < kBytes; done += kPart) {
        EXPECT_EQ(write(pair.b, bytes.data() + done, kPart),
                  static_cast<ssize_t>(kPart));
        std::this_thread::sleep_for(std::chrono::microseconds(300));
      }
      shutdown(pair.b, SHUT_WR);
    });
    std::vector<char> got(kBytes);
    EXPECT_EQ(recv(pair.a, got.data(), kBytes, MSG_WAITALL),
              static_cast<ssize_t>(kBytes));
    sender.join();
    EXPECT_TRUE(got == bytes);
  });
}

INSTANTIATE_TEST_SUITE_P(, WholeTransferTest, HogModes(), HogModeName);

}  // namespace
}  // namespace jiffy
