internal import CProcessor
internal import CThreads
internal import Foundation

/// Standard output and standard error.
///
/// Either can be closed, full, or a terminal that no longer exists. A result that cannot be written
/// is an error. Progress that cannot be shown is dropped, and the work continues.
package enum Console {
    /// Prepares the process: its streams, the related signals, and the environment. Every program
    /// must call this first.
    ///
    /// A closed stream is opened, because the next file would otherwise get its descriptor and be
    /// overwritten with messages. Writing to such a stream still fails. A pipe without a reader, or
    /// a file that exceeds the size limit, makes a write fail instead of killing the process by a
    /// signal.
    package static func prepare() {
        // It has run as a constructor before any Swift code. Functions of C headers that Swift does not
        // call are not compiled.
        lrnet_check_processor()
        for number: Int32 in 0...2 where fcntl(number, F_GETFD) < 0 && errno == EBADF {
            // Opened in the direction that the stream does not use, so its use still fails.
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
        // OpenBLAS starts threads when it is loaded. No other thread reads the environment yet.
        setenv("OPENBLAS_NUM_THREADS", "1", 1)
    }

    /// Writes a result to standard output.
    ///
    /// - Throws: ``Failure`` (74) if the text cannot be written completely.
    package static func print(_ text: String, terminator: String = "\n") throws {
        if let code = write(text + terminator, to: STDOUT_FILENO) {
            throw Failure(
                call: "write", subject: "standard output",
                message: "\(Failure.words(for: code)); nothing further was printed",
                exitStatus: .inputOutput)
        }
    }

    /// Writes progress to standard output. Text that cannot be written is dropped.
    package static func show(_ text: String, terminator: String = "\n") {
        _ = write(text + terminator, to: STDOUT_FILENO)
    }

    /// Writes to standard error, without a line end. Text that cannot be written is dropped.
    package static func printError(_ text: String) { _ = write(text, to: STDERR_FILENO) }

    /// - Returns: The value of `errno` if not all bytes could be written, otherwise `nil`.
    private static func write(_ text: String, to number: Int32) -> Int32? {
        // Text that libraries have printed comes first.
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
                // Another process made the stream non-blocking, and its reader is slow.
                var one = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
                _ = poll(&one, 1, 100)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }
}
