import Foundation
import Synchronization

/// A fault of the file system on purpose, for tests of what happens then; never set it for a run
/// that counts.
///
///     LRNET_FILE_FAULT=KIND:path=TEXT[,call=NAME][,from=N][,count=N]
///
/// Of the calls on paths that hold the text (and with this name: open, read, write, fsync, close,
/// rename, mkdir, remove) the N-th one (from 1) and the following ones, `count` in all, do
/// what the kind says:
///
/// - `EIO`, `ENOSPC`, `EDQUOT`, `EROFS`, `EACCES`: fail with this error; a write does half of its
///   work first
/// - `short`: a write writes one byte in two thousand, at least one, as the system may; it is no
///   error
/// - `slow`: take three seconds more, with a line on standard error when that begins
///
/// All files of a run are written through `Descriptor` and ``AtomicFile``, which ask here.
package final class FileFault: Sendable {
    /// The calls that may be struck.
    package enum Call: String, Sendable, CaseIterable {
        case open, read, write, fsync, close, rename, mkdir, remove
    }

    /// What happens.
    package enum Kind: Sendable, Equatable {
        case short
        case slow
        case error(Int32)

        /// The kinds by the names that the variable takes.
        package static let names: [(name: String, kind: Kind)] = [
            ("EIO", .error(EIO)), ("ENOSPC", .error(ENOSPC)), ("EDQUOT", .error(EDQUOT)),
            ("EROFS", .error(EROFS)), ("EACCES", .error(EACCES)), ("short", .short),
            ("slow", .slow),
        ]
    }

    /// The variable of the environment.
    package static let variable = "LRNET_FILE_FAULT"

    package let kind: Kind
    package let path: String
    package let call: Call?
    private let calls: Range<Int>
    private let matches = Atomic<Int>(0)

    private static let armed = Mutex<[FileFault]>([])
    private static let isAnyArmed = Atomic<Bool>(false)

    /// - Parameters:
    ///   - path: What a path must hold to be struck.
    ///   - call: `nil` for all calls.
    ///   - from: The first call that is struck, counted from 1.
    ///   - count: How many are.
    package init(
        _ kind: Kind, path: String, call: Call? = nil, from: Int = 1, count: Int = .max
    ) {
        self.kind = kind
        self.path = path
        self.call = call
        calls = from..<(count < .max - from ? from + count : .max)
    }

    /// - Throws: ``Failure`` (64) for a text that is not exactly as above.
    package convenience init(_ text: String) throws {
        let site = FailureSite(
            Self.variable, "'\(text)'",
            remedy: "write KIND:path=TEXT[,call=NAME][,from=N][,count=N], KIND "
                + "one of " + Kind.names.map(\.name).joined(separator: ", "))
        var words = try FaultText(text, site: site)
        guard let kind = Kind.names.first(where: { $0.name == words.kind })?.kind else {
            throw site.usage("names no kind of fault")
        }
        guard let path = words.take("path"), !path.isEmpty else {
            throw site.usage("path is needed")
        }
        let name = words.take("call")
        let call = name.flatMap { Call(rawValue: $0) }
        if let name, call == nil { throw site.usage("call '\(name)' is unknown") }
        func number(_ key: String) throws -> Int? {
            guard let value = words.take(key) else { return nil }
            guard let number = Int(value), number >= 1 else {
                throw site.usage("\(key) '\(value)' is no number from 1")
            }
            return number
        }
        let (from, count) = (try number("from") ?? 1, try number("count") ?? .max)
        try words.finish()
        self.init(kind, path: path, call: call, from: from, count: count)
    }

    /// Arms what the environment asks for.
    ///
    /// - Returns: A line for the log, or `nil` where the environment says nothing.
    /// - Throws: ``Failure`` (64) for a text that says nothing.
    package static func armFromEnvironment() throws -> String? {
        guard let text = ProcessInfo.processInfo.environment[variable] else { return nil }
        arm(try FileFault(text))
        return "\(variable)=\(text) is set: files fail on purpose, for a test"
    }

    /// From now on calls are struck.
    package static func arm(_ fault: FileFault) {
        armed.withLock { $0.append(fault) }
        isAnyArmed.store(true, ordering: .relaxed)
    }

    /// From now on they are not.
    package static func disarm(_ fault: FileFault) {
        armed.withLock { faults in faults.removeAll { $0 === fault } }
    }

    /// Calls so far that were struck.
    package var injectedCount: Int {
        max(min(matches.load(ordering: .relaxed) + 1, calls.upperBound) - calls.lowerBound, 0)
    }

    /// What is to happen to a call; a slow one has been slow already.
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
            Console.complain(line)
            usleep(3_000_000)
        }
        return fault?.kind
    }

    /// Throws if a call is to fail.
    ///
    /// - Parameter subject: What the error names; the path where it is left out.
    static func check(_ call: Call, _ path: String, subject: String? = nil) throws {
        if case .error(let code) = injected(call, path) {
            throw Failure.system(call: call.rawValue, subject: subject ?? path, code: code)
        }
    }
}
