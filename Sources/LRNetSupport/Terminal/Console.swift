internal import CThreads
internal import Foundation

/// Standard output and standard error.
///
/// Both may be closed, full, or a terminal that is gone. Results that cannot be written are an error; progress
/// that cannot be shown is dropped, and the work goes on.
package enum Console {
    /// Readies the process: its streams, signals about them, and the environment. Every program calls it first.
    ///
    /// A closed stream is opened so that its number is not that of the next file, which would then be written
    /// over with messages; writing to it still fails. A pipe whose reader is gone, or a file that has become too
    /// large, is an error of the write instead of a signal that kills.
    package static func prepare() {
        for number: Int32 in 0...2 where fcntl(number, F_GETFD) < 0 && errno == EBADF {
            // Open for what the stream is not used for.
            _ = open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY)
        }
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        var space = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &space) == 0,
            space.rlim_cur < .max
        {
            lrnet_save_addresses()
        }
        // For OpenBLAS, which starts threads when it is loaded; no other thread reads the environment yet.
        setenv("OPENBLAS_NUM_THREADS", "1", 1)
    }

    /// Writes a result to standard output.
    ///
    /// - Throws: ``Failure`` (74) if not all of it can be written.
    package static func print(_ text: String, terminator: String = "\n") throws {
        if let code = write(text + terminator, to: STDOUT_FILENO) {
            throw Failure(
                call: "write", subject: "standard output",
                message: "\(Failure.words(for: code)); nothing further was printed",
                exitStatus: .inputOutput)
        }
    }

    /// Writes what somebody may watch to standard output; dropped where that cannot be written.
    package static func show(_ text: String, terminator: String = "\n") {
        _ = write(text + terminator, to: STDOUT_FILENO)
    }

    /// Writes to standard error, as it is; dropped where that cannot be written.
    package static func complain(_ text: String) { _ = write(text, to: STDERR_FILENO) }

    /// - Returns: The value of `errno` if not all bytes could be written.
    private static func write(_ text: String, to number: Int32) -> Int32? {
        // What libraries have printed comes first.
        fflush(nil)
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let wrote = bytes[done...].withUnsafeBytes {
                Foundation.write(number, $0.baseAddress, $0.count)
            }
            if wrote > 0 {
                done += wrote
            } else if wrote == 0 {
                return EIO
            } else if errno == EAGAIN {
                // A stream that somebody else has made non-blocking; its reader is slow.
                var one = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
                _ = poll(&one, 1, 100)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }
}
