#include "runtime/sync/channel.h"

#include "absl/status/status.h"
#include "runtime/sync/wait_options.h"

namespace jiffy::internal {

absl::Status SendError(WaitResult result) {
  switch (result) {
    case WaitResult::kTimeout:
      return absl::DeadlineExceededError(
          "Channel::Send: no room in the channel in time");
    case WaitResult::kStopped:
      return absl::CancelledError("Channel::Send: a stop was requested");
    case WaitResult::kReady:
      break;
  }
  return absl::FailedPreconditionError("Channel::Send: the channel is closed");
}

absl::Status ReceiveError(WaitResult result) {
  switch (result) {
    case WaitResult::kTimeout:
      return absl::DeadlineExceededError(
          "Channel::Receive: no value in the channel in time");
    case WaitResult::kStopped:
      return absl::CancelledError("Channel::Receive: a stop was requested");
    case WaitResult::kReady:
      break;
  }
  return absl::OutOfRangeError(
      "Channel::Receive: the channel is closed and empty");
}

}  // namespace jiffy::internal
