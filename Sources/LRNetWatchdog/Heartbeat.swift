internal import LRNetSupport

/// A message between watchdogs: fixed-width little-endian fields, followed by a text.
///
///     bytes  0 ..<  4   "LRB1"
///            4          kind
///            5          phase
///            6 ..<  8   byte count of the text
///            8 ..< 12   rank
///           12 ..< 16   process
///           16 ..< 24   token of the job
///           24 ..< 48   step, count, activity
///           48 ...      text
package struct Heartbeat: Equatable, Sendable {
    /// The meaning of a message.
    package enum Kind: UInt8, Sendable, CaseIterable {
        /// The sender is alive and reports its progress.
        case alive
        /// The sender is done, so the end of its connection is not a failure.
        case shutdown
        /// The sender ends because of the error in the text.
        case failure
    }

    package var kind: Kind
    package var rank: Int
    /// The sender's process ID, for messages.
    package var process: Int32
    /// The random number that identifies the job; messages with a different token are from another
    /// job.
    package var token: UInt64
    package var progress: Progress
    package var text: String

    package init(
        kind: Kind = .alive, rank: Int, process: Int32, token: UInt64, progress: Progress = .init(),
        text: String = ""
    ) {
        self.kind = kind
        self.rank = rank
        self.process = process
        self.token = token
        self.progress = progress
        self.text = text
    }

    /// The number of bytes before the text.
    static let headerByteCount = 48
    private static let magic = Array("LRB1".utf8)
    /// The maximum number of bytes of the text.
    private static let textByteCount = 1000

    /// The encoded message; a long text is truncated.
    package var encoded: [UInt8] {
        let textBytes = Array(text.utf8.prefix(Self.textByteCount))
        var bytes = Self.magic + [kind.rawValue, progress.phase.rawValue]
        bytes += Self.bytes(UInt16(textBytes.count))
        bytes += Self.bytes(UInt32(truncatingIfNeeded: rank))
        bytes += Self.bytes(UInt32(bitPattern: process))
        for number in [token, UInt64(progress.step), progress.count, progress.activity] {
            bytes += Self.bytes(number)
        }
        return bytes + textBytes
    }

    /// Removes and decodes the first message in the received bytes.
    ///
    /// - Returns: The message; `nil` while it is incomplete.
    /// - Throws: `Failure` if the bytes are not a message of this format.
    package static func take(from arrived: inout [UInt8]) throws -> Heartbeat? {
        guard arrived.count >= headerByteCount else { return nil }
        let length = Int(number(arrived[6..<8]))
        guard Array(arrived[..<4]) == magic, let kind = Kind(rawValue: arrived[4]),
            let phase = ProgressPhase(rawValue: arrived[5]), length <= textByteCount,
            let step = Int(exactly: number(arrived[24..<32]))
        else {
            throw Failure(
                call: "watchdog", subject: "a message", message: "is not from lrnet-dist",
                exitStatus: .badData)
        }
        guard arrived.count >= headerByteCount + length else { return nil }
        var heartbeat = Heartbeat(
            kind: kind, rank: Int(number(arrived[8..<12])),
            process: Int32(truncatingIfNeeded: number(arrived[12..<16])),
            token: number(arrived[16..<24]))
        heartbeat.progress = Progress(
            phase: phase, step: step, count: number(arrived[32..<40]),
            activity: number(arrived[40..<48]))
        heartbeat.text = String(
            decoding: arrived[headerByteCount..<headerByteCount + length], as: UTF8.self)
        arrived.removeFirst(headerByteCount + length)
        return heartbeat
    }

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
