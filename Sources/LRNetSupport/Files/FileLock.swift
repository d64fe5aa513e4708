import Foundation

/// A lock on a file, held for the lifetime of the object.
///
/// The lock belongs to the open descriptor (`flock`), so it ends with the process, even if the
/// process is killed. The file remains, and its existence has no meaning.
package final class FileLock: Sendable {
    package let path: String

    private let descriptor: Descriptor

    /// Acquires the lock, and creates the file if it is missing.
    ///
    /// - Parameters:
    ///   - path: The file, in an existing folder.
    ///   - isShared: True if other shared locks can be held at the same time.
    ///   - patience: The time to wait for another holder, with an attempt every 50 ms.
    /// - Throws: ``Failure`` (74), naming the file, if another process still holds the lock.
    package init(
        path: String, isShared: Bool = false, patience: Duration = .seconds(5)
    ) throws {
        self.path = path
        descriptor = try Descriptor(opening: path, flags: O_RDWR | O_CREAT)
        let end = ContinuousClock.now + patience
        while flock(descriptor.number, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw Failure.system(call: "flock", subject: path, code: errno)
            }
            guard ContinuousClock.now < end else {
                throw Failure(
                    call: "flock", subject: path,
                    message: "another process holds this lock after \(patience) of waiting; "
                        + "let it finish or end it", exitStatus: .inputOutput)
            }
            // Waiting for a process that is still working is not a stall.
            FileActivity.notePiece()
            usleep(50_000)
        }
    }
}
