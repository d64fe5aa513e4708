internal import LRNetSupport

/// One message of the watchdogs' side channel; fixed-width fields, little-endian, then a text.
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
    /// What a message says.
    package enum Kind: UInt8, Sendable, CaseIterable {
        /// The sender lives, and where it is.
        case beat
        /// The sender is done; the end of its connection means nothing.
        case goodbye
        /// The sender ends because of an error of its own, which the text names.
        case failure
    }

    package var kind: Kind
    package var rank: Int
    /// The sender's process, for messages.
    package var process: Int32
    /// A random number of the job: what comes with another one is not from us.
    package var token: UInt64
    package var progress: Progress
    package var text: String

    /// Makes a message.
    package init(
        kind: Kind = .beat, rank: Int, process: Int32, token: UInt64, progress: Progress = .init(),
        text: String = ""
    ) {
        self.kind = kind
        self.rank = rank
        self.process = process
        self.token = token
        self.progress = progress
        self.text = text
    }

    /// Bytes before the text.
    static let headerByteCount = 48
    private static let magic = Array("LRB1".utf8)
    /// Bytes of a text, at most.
    private static let textByteCount = 1000

    /// The message as bytes; a long text is cut.
    package var encoded: [UInt8] {
        let words = Array(text.utf8.prefix(Self.textByteCount))
        var bytes = Self.magic + [kind.rawValue, progress.phase.rawValue]
        bytes += Self.bytes(UInt16(words.count))
        bytes += Self.bytes(UInt32(truncatingIfNeeded: rank))
        bytes += Self.bytes(UInt32(bitPattern: process))
        for number in [token, UInt64(progress.step), progress.count, progress.activity] {
            bytes += Self.bytes(number)
        }
        return bytes + words
    }

    /// Takes the first message from what has arrived.
    ///
    /// - Returns: `nil` while it is incomplete.
    /// - Throws: `Failure` if the bytes are none of ours.
    package static func take(from arrived: inout [UInt8]) throws -> Heartbeat? {
        guard arrived.count >= headerByteCount else { return nil }
        let length = Int(number(arrived[6..<8]))
        guard Array(arrived[..<4]) == magic, let kind = Kind(rawValue: arrived[4]),
            let phase = ProgressPhase(rawValue: arrived[5]), length <= textByteCount,
            let step = Int(exactly: number(arrived[24..<32]))
        else {
            throw Failure(
                call: "watchdog", subject: "a message", message: "is not one of lrnet-dist's",
                exitStatus: .badData)
        }
        guard arrived.count >= headerByteCount + length else { return nil }
        var beat = Heartbeat(
            kind: kind, rank: Int(number(arrived[8..<12])),
            process: Int32(truncatingIfNeeded: number(arrived[12..<16])),
            token: number(arrived[16..<24]))
        beat.progress = Progress(
            phase: phase, step: step, count: number(arrived[32..<40]),
            activity: number(arrived[40..<48]))
        beat.text = String(
            decoding: arrived[headerByteCount..<headerByteCount + length], as: UTF8.self)
        arrived.removeFirst(headerByteCount + length)
        return beat
    }

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
