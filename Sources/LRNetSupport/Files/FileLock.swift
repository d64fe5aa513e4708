import Foundation

/// A lock on a file, held as long as the object lives.
///
/// The lock belongs to the open descriptor (`flock`), so it ends with the process, however that
/// ends; the file itself stays behind and means nothing.
package final class FileLock: Sendable {
    /// The file.
    package let path: String

    private let descriptor: Descriptor

    /// Takes the lock, and makes the file if need be.
    ///
    /// - Parameters:
    ///   - path: The file; its folder exists.
    ///   - isShared: Whether others may hold it at the same time, if they share it, too.
    ///   - patience: How long another holder is waited for; it is asked about every 50 ms.
    /// - Throws: ``Failure`` (74) that names the file, if another process still holds it.
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
            // Waiting for somebody who is still at work is no stall.
            FileActivity.notePiece()
            usleep(50_000)
        }
    }
}
