import Foundation
import Synchronization

/// An injected fault of the file system, for tests of error handling; never set it for a real run.
///
///     LRNET_FILE_FAULT=KIND:path=TEXT[,call=NAME][,from=N][,count=N]
///
/// The fault applies to calls on paths that contain TEXT, and only to calls named NAME if it is
/// given (open, read, write, fsync, close, rename, mkdir or remove). Of these calls, the fault
/// affects `count` calls that start with number `from`, counted from 1:
///
/// - `EIO`, `ENOSPC`, `EDQUOT`, `EROFS`, `EACCES`: the call fails with this error; a write first
///   does half of its work
/// - `short`: a write writes one byte in two thousand, at least one, without an error, which the
///   system is allowed to do
/// - `slow`: the call lasts three seconds longer, and first prints a line on standard error
///
/// All files of a run are written through `Descriptor` and ``AtomicFile``, which check for faults.
package final class FileFault: Sendable {
    /// The calls that can be affected.
    package enum Call: String, Sendable, CaseIterable {
        case open, read, write, fsync, close, rename, mkdir, remove
    }

    package enum Kind: Sendable, Equatable {
        case short
        case slow
        /// The call fails with this value of `errno`.
        case error(Int32)

        /// The kinds and their names in the variable.
        package static let names: [(name: String, kind: Kind)] = [
            ("EIO", .error(EIO)), ("ENOSPC", .error(ENOSPC)), ("EDQUOT", .error(EDQUOT)),
            ("EROFS", .error(EROFS)), ("EACCES", .error(EACCES)), ("short", .short),
            ("slow", .slow),
        ]
    }

    /// The name of the environment variable.
    package static let variable = "LRNET_FILE_FAULT"

    package let kind: Kind
    package let path: String
    package let call: Call?
    private let calls: Range<Int>
    private let matches = Atomic<Int>(0)

    private static let armed = Mutex<[FileFault]>([])
    private static let isAnyArmed = Atomic<Bool>(false)

    /// - Parameters:
    ///   - path: The text that an affected path contains.
    ///   - call: The affected call; `nil` for all calls.
    ///   - from: The first affected call, counted from 1.
    ///   - count: The number of affected calls.
    package init(
        _ kind: Kind, path: String, call: Call? = nil, from: Int = 1, count: Int = .max
    ) {
        self.kind = kind
        self.path = path
        self.call = call
        calls = from..<(count < .max - from ? from + count : .max)
    }

    /// Parses the value of the environment variable.
    ///
    /// - Throws: ``Failure`` (64) if the text does not have the format above.
    package convenience init(_ text: String) throws {
        let site = FailureSite(
            Self.variable, "'\(text)'",
            remedy: "write KIND:path=TEXT[,call=NAME][,from=N][,count=N], KIND "
                + "one of " + Kind.names.map(\.name).joined(separator: ", "))
        var words = try FaultText(text, site: site)
        guard let kind = Kind.names.first(where: { $0.name == words.kind })?.kind else {
            throw site.usage("does not name a kind of fault")
        }
        guard let path = words.take("path"), !path.isEmpty else {
            throw site.usage("path is required")
        }
        let name = words.take("call")
        let call = name.flatMap { Call(rawValue: $0) }
        if let name, call == nil { throw site.usage("call '\(name)' is unknown") }
        func number(_ key: String) throws -> Int? {
            guard let value = words.take(key) else { return nil }
            guard let number = Int(value), number >= 1 else {
                throw site.usage("\(key) '\(value)' is not a whole number of at least 1")
            }
            return number
        }
        let (from, count) = (try number("from") ?? 1, try number("count") ?? .max)
        try words.finish()
        self.init(kind, path: path, call: call, from: from, count: count)
    }

    /// Arms the fault that the environment variable requests.
    ///
    /// - Returns: A line for the log, or `nil` if the variable is not set.
    /// - Throws: ``Failure`` (64) if the value of the variable is wrong.
    package static func armFromEnvironment() throws -> String? {
        guard let text = ProcessInfo.processInfo.environment[variable] else { return nil }
        arm(try FileFault(text))
        return "\(variable)=\(text) is set: files fail on purpose, for a test"
    }

    /// Starts a fault.
    package static func arm(_ fault: FileFault) {
        armed.withLock { $0.append(fault) }
        isAnyArmed.store(true, ordering: .relaxed)
    }

    /// Stops a fault.
    package static func disarm(_ fault: FileFault) {
        armed.withLock { faults in faults.removeAll { $0 === fault } }
    }

    /// The number of calls affected so far.
    package var injectedCount: Int {
        max(min(matches.load(ordering: .relaxed) + 1, calls.upperBound) - calls.lowerBound, 0)
    }

    /// Returns the fault of a call, or `nil` if there is none. A `slow` fault has already waited.
    static func injected(_ call: Call, _ path: String) -> Kind? {
        guard isAnyArmed.load(ordering: .relaxed) else { return nil }
        let fault = armed.withLock { faults in
            faults.first { fault in
                guard fault.call == nil || fault.call == call, path.contains(fault.path) else {
                    return false
                }
                let number = fault.matches.add(1, ordering: .relaxed).newValue
                return fault.calls.contains(number)
            }
        }
        if fault?.kind == .slow {
            let line = "lrnet-dist: warning: \(variable): slow \(call.rawValue) of \(path)\n"
            Console.printError(line)
            usleep(3_000_000)
        }
        return fault?.kind
    }

    /// Throws if a call must fail.
    ///
    /// - Parameter subject: The subject of the error; by default, the path.
    static func check(_ call: Call, _ path: String, subject: String? = nil) throws {
        if case .error(let code) = injected(call, path) {
            throw Failure.system(call: call.rawValue, subject: subject ?? path, code: code)
        }
    }
}
