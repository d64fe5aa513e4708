import Foundation
import LRNetCollectives
import LRNetKernels
import LRNetSupport
import LRNetWatchdog

/// Rank 0 of a group whose other ranks are played by a test over their watchdogs' connections.
final class PlayedGroup: ProcessGroup, @unchecked Sendable {
    let size: Int
    let rank = 0
    var hostNames: [String] { Array(repeating: "localhost", count: size) }
    /// The last bytes that rank 0 sent to all ranks.
    private(set) var sent: [UInt8] = []

    init(size: Int) { self.size = size }

    func broadcast(_ bytes: [UInt8], root: Int) -> [UInt8] {
        sent = bytes
        return bytes
    }

    func allGather(_ bytes: [UInt8]) -> [[UInt8]] { Array(repeating: bytes, count: size) }

    func gather(_ bytes: [UInt8]) -> [[UInt8]]? { allGather(bytes) }
    func barrier() {}
    func broadcast(_ view: FloatView, root: Int) {}
    func allGather(_ local: [Double], counts: [Int], into gathered: inout [Double]) {}
    func sum(_ values: inout [Int64]) {}
    func minimum(_ values: inout [Int64]) {}
    func gather(_ own: FloatView, slices: SlicePartition, into whole: FloatView) {}
    func scatter(_ whole: FloatView, slices: SlicePartition, into own: FloatView) {}
    func makeMachineWords(count: Int) -> AtomicWords { AtomicWords(count: count) }
    func exchange(_ round: MessageRound, in values: DoubleBuffer) {}
    func abort(_ status: ExitStatus) -> Never { exit(status.rawValue) }
    func finalize() {}
}

/// A rank whose watchdog is played by a test.
struct PlayedRank {
    private struct Contact: Decodable {
        var port: UInt16
        var token: UInt64
    }

    let rank: Int
    let socket: HeartbeatSocket
    private let contact: Contact
    private(set) var answerCount = 0

    /// Connects to rank 0's watchdog.
    init(_ rank: Int, of group: PlayedGroup) throws {
        self.rank = rank
        contact = try JSONDecoder().decode(Contact.self, from: Data(group.sent))
        socket = try HeartbeatSocket.connected(
            to: "127.0.0.1", port: contact.port, patience: .seconds(10))
    }

    func beat(_ kind: Heartbeat.Kind = .alive, count: Int = 0) {
        socket.send(
            Heartbeat(
                kind: kind, rank: rank, process: 1, token: contact.token,
                progress: Progress(phase: .forward, step: 1, count: UInt64(count))))
    }

    /// Receives the answers of rank 0.
    ///
    /// - Returns: True if the connection is open.
    mutating func listen(through buffer: inout [UInt8]) throws -> Bool {
        let isOpen = socket.receive(through: &buffer)
        while try Heartbeat.take(from: &socket.inbox) != nil { answerCount += 1 }
        return isOpen
    }
}

/// The watchdog threads of this process and their time on a core.
enum WatchdogThreads {
    private static let folder = "/proc/self/task"

    /// The IDs of the threads.
    static var all: Set<String> {
        let names = (try? FileBytes.names(inFolder: folder)) ?? []
        return Set(
            names.filter { name in
                let command = try? String(contentsOfFile: "\(folder)/\(name)/comm", encoding: .utf8)
                return command == "watchdog\n"
            })
    }

    /// Returns the time that a thread has computed, or `nil` if the system does not report it.
    static func time(_ thread: String) -> Duration? {
        let text = try? String(contentsOfFile: "\(folder)/\(thread)/schedstat", encoding: .utf8)
        return text?.split(separator: " ").first.flatMap { Int64($0) }.map { .nanoseconds($0) }
    }
}
