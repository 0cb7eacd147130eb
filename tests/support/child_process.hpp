// Starts the program as a real process, for tests: its output goes to files, every wait has an end,
// and no process outlives the object that started it.
#pragma once

#include "tests/support/source_tree.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

extern char** environ; // NOLINT: POSIX

namespace tickmesh {

/// How long anything may take that is not itself a time-out under test.
inline constexpr std::chrono::seconds patience{30};

/// Asks again after each pause until the condition holds; false when the time is up.
template <class Condition>
bool wait_until(std::chrono::milliseconds limit, Condition condition,
                std::chrono::milliseconds pause = std::chrono::milliseconds{2}) {
  auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    if (condition()) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(pause); // allowed: the bounded poll of process tests
  }
}

/// A directory of its own that goes with the object.
class scratch_directory {
public:
  scratch_directory() {
    auto pattern = (std::filesystem::temp_directory_path() / "tickmesh_XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string path(const std::string& name) const { return path_ + "/" + name; }

  /// The path of a file with these bytes.
  std::string write(const std::string& name, std::string_view bytes) const {
    std::filesystem::create_directories(std::filesystem::path{path(name)}.parent_path());
    std::ofstream{path(name), std::ios::binary} << bytes;
    return path(name);
  }

private:
  std::string path_;
};

/// The whole file; empty where there is none.
inline std::string file_text(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

using arguments = std::vector<std::string>;

/// Variables of the environment that the program does not take for settings.
inline std::vector<char*> neutral_environment() {
  std::vector<char*> out;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!std::string_view{*entry}.starts_with("TICKMESH_")) out.push_back(*entry);
  out.push_back(nullptr);
  return out;
}

/// A running program. The destructor kills it.
class child_process {
public:
  /// Starts `program`; its output goes to NAME.out and NAME.err in `directory`.
  child_process(const std::string& directory, const std::string& name, const std::string& program,
                const arguments& args)
      : out_path_(directory + "/" + name + ".out"), err_path_(directory + "/" + name + ".err") {
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (auto& arg : args)
      argv.push_back(const_cast<char*>(arg.c_str()));
    argv.push_back(nullptr);
    auto variables = neutral_environment();
    auto parent = ::getpid();
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ > 0) return;
    // Only what is safe after fork; a test program that dies takes its children with it.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
    redirect(STDOUT_FILENO, out_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC);
    redirect(STDERR_FILENO, err_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC);
    ::execve(program.c_str(), argv.data(), variables.data());
    ::_exit(127);
  }
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  child_process(child_process&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), code_(other.code_),
        out_path_(std::move(other.out_path_)), err_path_(std::move(other.err_path_)) {}
  child_process& operator=(child_process&&) = delete;
  ~child_process() {
    if (pid_ < 0 || code_) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }

  bool is_running() { return !poll(); }

  pid_t pid() const { return pid_; }

  void send_signal(int number) {
    if (!code_) ::kill(pid_, number);
  }

  /// The exit code, 128 + N after signal N. A process that does not end fails the test.
  int wait(std::chrono::milliseconds limit = patience) {
    bool ended = wait_until(limit, [this] { return poll(); });
    REQUIRE_MESSAGE(ended, "still running after ", limit.count(), " ms: ", err_path_, "\n", err());
    return *code_;
  }

  std::string out() const { return file_text(out_path_); }
  std::string err() const { return file_text(err_path_); }

private:
  static void redirect(int fd, const char* path, int flags) {
    int file = ::open(path, flags, 0644);
    if (file < 0 || ::dup2(file, fd) < 0) ::_exit(127);
    ::close(file);
  }

  /// Takes the exit code if there is one.
  bool poll() {
    if (code_) return true;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
    code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
  }

  pid_t pid_ = -1;
  std::optional<int> code_;
  std::string out_path_;
  std::string err_path_;
};

/// What a program that has ended left behind.
struct finished_process {
  int code = 0;
  std::string out;
  std::string err;
};

/// Runs the program under test to its end.
inline finished_process run_tickmesh(const scratch_directory& scratch, const arguments& args,
                                     std::chrono::milliseconds limit = patience) {
  std::filesystem::create_directories(scratch.path("once"));
  child_process process{scratch.path("once"), "process", program_under_test(), args};
  auto code = process.wait(limit);
  return {code, process.out(), process.err()};
}

} // namespace tickmesh
