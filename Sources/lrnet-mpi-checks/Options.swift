import LRNetCollectives
import LRNetSupport

/// The command-line options.
struct Options {
    var isBenchmark = false
    var valueCount = 26_000_000
    var leafCount = 8
    var pieceCount = TreeExchange.defaultPieceCount
    var repetitions = 7
    var fault: Fault?
    var faultyRank = 1

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        func next(_ option: String) throws -> String {
            guard let value = rest.popFirst() else { throw Self.wrong("\(option) needs a value") }
            return value
        }
        func number(_ option: String) throws -> Int {
            let text = try next(option)
            guard let value = Int(text), value >= 0 else {
                throw Self.wrong("\(option) \(text) is not a number")
            }
            return value
        }
        while let option = rest.popFirst() {
            switch option {
            case "--benchmark": isBenchmark = true
            case "--values": valueCount = try number(option)
            case "--leaves": leafCount = try number(option)
            case "--piece": pieceCount = try number(option)
            case "--repetitions": repetitions = max(1, try number(option))
            case "--fail":
                let name = try next(option)
                guard let fault = Fault(rawValue: name) else {
                    throw Self.wrong("--fail \(name) is unknown; use thrown, agreed or exit")
                }
                self.fault = fault
            case "--fail-rank":
                faultyRank = try number(option)
                fault = fault ?? .thrown
            default: throw Self.wrong("unknown option \(option)")
            }
        }
    }

    private static func wrong(_ message: String) -> Failure {
        Failure(call: "lrnet-mpi-checks", subject: "", message: message, exitStatus: .usage)
    }
}
