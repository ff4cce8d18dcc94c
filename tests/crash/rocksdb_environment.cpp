// RocksDB's files on a simulated disk.
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include "persistence/rocksdb_access.hpp"
#include "tests/crash/simulated_calls.hpp"

namespace tomnext::tests {
namespace {

using namespace rocksdb;
using file_ref = simulated_disk::file_ref;

IOStatus failed(const std::string& path) { return IOStatus::IOError(path, "Input/output error"); }

class writable final : public FSWritableFileOwnerWrapper {
 public:
  writable(std::unique_ptr<FSWritableFile>&& t, simulated_disk& d, std::string path, file_ref f)
      : FSWritableFileOwnerWrapper(std::move(t)), disk_(d), path_(std::move(path)), file_(std::move(f)) {}
  IOStatus Append(const Slice& data, const IOOptions& o, IODebugContext* c) override {
    return write(data, simulated_disk::append_at_end, [&] { return target()->Append(data, o, c); });
  }
  IOStatus Append(const Slice& data, const IOOptions& o, const DataVerificationInfo& v, IODebugContext* c) override {
    return write(data, simulated_disk::append_at_end, [&] { return target()->Append(data, o, v, c); });
  }
  IOStatus PositionedAppend(const Slice& data, std::uint64_t at, const IOOptions& o, IODebugContext* c) override {
    return write(data, at, [&] { return target()->PositionedAppend(data, at, o, c); });
  }
  IOStatus PositionedAppend(const Slice& data, std::uint64_t at, const IOOptions& o, const DataVerificationInfo& v, IODebugContext* c) override {
    return write(data, at, [&] { return target()->PositionedAppend(data, at, o, v, c); });
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& o, IODebugContext* c) override {
    if (!disk_.begin(operation::truncate, path_, file_)) return failed(path_);
    auto s = target()->Truncate(size, o, c);
    if (s.ok()) disk_.truncated(file_, size);
    return s;
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return sync(); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return sync(); }

 private:
  template <class Call> IOStatus write(const Slice& data, std::size_t at, Call call) {
    if (!disk_.begin(operation::write, path_, file_, {data.data(), data.size()}, at)) return failed(path_);
    auto s = call();
    if (s.ok()) disk_.wrote(file_, {data.data(), data.size()}, at);
    return s;
  }
  IOStatus sync() {
    if (!disk_.begin(operation::sync, path_, file_)) return failed(path_);
    disk_.synced(file_);
    return IOStatus::OK();
  }
  simulated_disk& disk_;
  std::string path_;
  file_ref file_;
};

class folder final : public FSDirectoryWrapper {
 public:
  folder(std::unique_ptr<FSDirectory>&& t, simulated_disk& d, std::string path) : FSDirectoryWrapper(std::move(t)), disk_(d), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return sync(); }
  IOStatus FsyncWithDirOptions(const IOOptions&, IODebugContext*, const DirFsyncOptions&) override { return sync(); }

 private:
  IOStatus sync() {
    if (!disk_.begin(operation::sync_folder, path_)) return failed(path_);
    disk_.synced_folder(path_);
    return IOStatus::OK();
  }
  simulated_disk& disk_;
  std::string path_;
};

class sequential final : public FSSequentialFileOwnerWrapper {
 public:
  sequential(std::unique_ptr<FSSequentialFile>&& t, simulated_disk& d, std::string path)
      : FSSequentialFileOwnerWrapper(std::move(t)), disk_(d), path_(std::move(path)) {}
  IOStatus Read(std::size_t n, const IOOptions& o, Slice* r, char* scratch, IODebugContext* c) override {
    return disk_.begin(operation::read, path_) ? target()->Read(n, o, r, scratch, c) : failed(path_);
  }

 private:
  simulated_disk& disk_;
  std::string path_;
};

class random_access final : public FSRandomAccessFileOwnerWrapper {
 public:
  random_access(std::unique_ptr<FSRandomAccessFile>&& t, simulated_disk& d, std::string path)
      : FSRandomAccessFileOwnerWrapper(std::move(t)), disk_(d), path_(std::move(path)) {}
  IOStatus Read(std::uint64_t at, std::size_t n, const IOOptions& o, Slice* r, char* scratch, IODebugContext* c) const override {
    return disk_.begin(operation::read, path_) ? target()->Read(at, n, o, r, scratch, c) : failed(path_);
  }
  IOStatus MultiRead(FSReadRequest* requests, std::size_t n, const IOOptions& o, IODebugContext* c) override {
    return disk_.begin(operation::read, path_) ? target()->MultiRead(requests, n, o, c) : failed(path_);
  }

 private:
  simulated_disk& disk_;
  std::string path_;
};

class file_system final : public FileSystemWrapper {
 public:
  explicit file_system(simulated_disk& d) : FileSystemWrapper(FileSystem::Default()), disk_(d) {}
  const char* Name() const override { return "simulated"; }
  IOStatus NewWritableFile(const std::string& p, const FileOptions& o, std::unique_ptr<FSWritableFile>* r, IODebugContext* c) override {
    if (!disk_.begin(operation::create, p)) return failed(p);
    auto s = target()->NewWritableFile(p, o, r, c);
    if (s.ok()) *r = std::make_unique<writable>(std::move(*r), disk_, p, disk_.created(p));
    return s;
  }
  // Not used by the options of our logs; were they used one day, they would go past the simulation unseen.
  IOStatus ReopenWritableFile(const std::string&, const FileOptions&, std::unique_ptr<FSWritableFile>*, IODebugContext*) override { return unknown(); }
  IOStatus ReuseWritableFile(const std::string&, const std::string&, const FileOptions&, std::unique_ptr<FSWritableFile>*, IODebugContext*) override {
    return unknown();
  }
  IOStatus NewRandomRWFile(const std::string&, const FileOptions&, std::unique_ptr<FSRandomRWFile>*, IODebugContext*) override { return unknown(); }
  IOStatus Truncate(const std::string&, std::size_t, const IOOptions&, IODebugContext*) override { return unknown(); }
  IOStatus LinkFile(const std::string&, const std::string&, const IOOptions&, IODebugContext*) override { return unknown(); }
  IOStatus NewSequentialFile(const std::string& p, const FileOptions& o, std::unique_ptr<FSSequentialFile>* r, IODebugContext* c) override {
    auto s = target()->NewSequentialFile(p, o, r, c);
    if (s.ok()) *r = std::make_unique<sequential>(std::move(*r), disk_, p);
    return s;
  }
  IOStatus NewRandomAccessFile(const std::string& p, const FileOptions& o, std::unique_ptr<FSRandomAccessFile>* r, IODebugContext* c) override {
    auto s = target()->NewRandomAccessFile(p, o, r, c);
    if (s.ok()) *r = std::make_unique<random_access>(std::move(*r), disk_, p);
    return s;
  }
  IOStatus NewDirectory(const std::string& p, const IOOptions& o, std::unique_ptr<FSDirectory>* r, IODebugContext* c) override {
    auto s = target()->NewDirectory(p, o, r, c);
    if (s.ok()) *r = std::make_unique<folder>(std::move(*r), disk_, p);
    return s;
  }
  IOStatus DeleteFile(const std::string& p, const IOOptions& o, IODebugContext* c) override {
    if (!disk_.begin(operation::remove, p)) return failed(p);
    auto s = target()->DeleteFile(p, o, c);
    if (s.ok()) disk_.removed(p);
    return s;
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& o, IODebugContext* c) override {
    if (!disk_.begin(operation::rename, to)) return failed(to);
    auto s = target()->RenameFile(from, to, o, c);
    if (s.ok()) disk_.renamed(from, to);
    return s;
  }
  IOStatus CreateDir(const std::string& p, const IOOptions& o, IODebugContext* c) override {
    if (!disk_.begin(operation::make_folder, p)) return failed(p);
    auto s = target()->CreateDir(p, o, c);
    if (s.ok()) disk_.made_folder(p);
    return s;
  }
  IOStatus CreateDirIfMissing(const std::string& p, const IOOptions& o, IODebugContext* c) override {
    return target()->FileExists(p, o, c).ok() ? IOStatus::OK() : CreateDir(p, o, c);
  }
  IOStatus LockFile(const std::string& p, const IOOptions& o, FileLock** l, IODebugContext* c) override {
    const bool fresh = !disk_.at(p);
    if (fresh && !disk_.begin(operation::create, p)) return failed(p);
    auto s = target()->LockFile(p, o, l, c);
    if (s.ok() && fresh) disk_.created(p);
    return s;
  }

 private:
  static IOStatus unknown() { return IOStatus::NotSupported("the simulated disk does not know this operation"); }
  simulated_disk& disk_;
};

}  // namespace

struct simulated_environment::inside {
  std::unique_ptr<Env> environment;
};

simulated_environment::simulated_environment(simulated_disk& d) : inside_(std::make_unique<inside>()) {
  inside_->environment = NewCompositeEnv(std::make_shared<file_system>(d));
  persistence::rows::use_environment(inside_->environment.get());
}
simulated_environment::~simulated_environment() { persistence::rows::use_environment(nullptr); }

}  // namespace tomnext::tests
