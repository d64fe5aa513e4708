import Foundation

/// An open file descriptor, which is closed with the object.
///
/// Every call except `close` is repeated if a signal interrupts it, and every error names the file.
/// Only the owner's thread writes to it or closes it.
final class Descriptor: @unchecked Sendable {
    let number: Int32
    let path: String
    private var isOpen = true

    init(opening path: String, flags: Int32, mode: mode_t = 0o666) throws {
        try FileFault.check(.open, path)
        var number: Int32 = -1
        repeat {
            number = open(PathText.cString(path), flags | O_CLOEXEC, mode)
        } while number < 0 && errno == EINTR
        guard number >= 0 else {
            throw Failure.system(call: "open", subject: path, code: errno)
        }
        self.number = number
        self.path = path
    }

    deinit {
        if isOpen { _ = Foundation.close(number) }
    }

    /// Reads bytes into the buffer, at most its size, and returns their count: 0 at the end of the
    /// file.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        try FileFault.check(.read, path)
        while true {
            let got = Foundation.read(number, buffer.baseAddress, buffer.count)
            if got >= 0 {
                FileActivity.notePiece()
                return got
            }
            if errno != EINTR {
                throw Failure.system(call: "read", subject: path, code: errno)
            }
        }
    }

    /// Writes all bytes; `name` is the name of the file in errors.
    func writeAll(_ bytes: UnsafeRawBufferPointer, name: String) throws {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            var part = min(rest.count, 1 << 26)
            let fault = FileFault.injected(.write, path)
            if fault == .short { part = min(part, bytes.count / 2_000 + 1) }
            if case .error = fault { part /= 2 }
            let wrote = Foundation.write(number, rest.baseAddress, part)
            if case .error(let code) = fault {
                throw Failure.system(call: "write", subject: name, code: code)
            }
            if wrote > 0 {
                done += wrote
                FileActivity.notePiece()
            } else if wrote < 0 && errno != EINTR {
                throw Failure.system(call: "write", subject: name, code: errno)
            }
        }
    }

    /// Waits until the file's bytes are on the disk.
    func synchronize(name: String) throws {
        try FileFault.check(.fsync, path, subject: name)
        while fsync(number) != 0 {
            if errno == EINTR { continue }
            throw Failure.system(call: "fsync", subject: name, code: errno)
        }
        FileActivity.notePiece()
    }

    /// Closes the file. Some file systems report a failed write only here.
    func close(name: String) throws {
        isOpen = false
        let code = Foundation.close(number)
        try FileFault.check(.close, path, subject: name)
        guard code == 0 || errno == EINTR else {
            throw Failure.system(call: "close", subject: name, code: errno)
        }
    }
}
