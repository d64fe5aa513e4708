internal import Foundation

/// The cores that a process may run on.
package enum ProcessAffinity {
    /// The numbers of the cores, rising; empty where the system does not say.
    ///
    /// Read from `/proc`, because Swift does not import `sched_getaffinity`; it is the same mask.
    package static func cores() -> [Int] {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        return cores(status: status)
    }

    /// Finds the list of cores in the content of `/proc/self/status`.
    package static func cores(status: String) -> [Int] {
        let key = "Cpus_allowed_list:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else {
            return []
        }
        let list = line.dropFirst(key.count).trimmingCharacters(in: .whitespaces)
        return list.split(separator: ",").flatMap { run -> [Int] in
            let ends = run.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last else { return [] }
            return Array(first...last)
        }
    }

    /// `0-3,8`: runs of consecutive numbers.
    ///
    /// - Parameter cores: Rising.
    package static func text(_ cores: [Int]) -> String {
        var runs: [ClosedRange<Int>] = []
        for core in cores {
            if let last = runs.last, last.upperBound + 1 == core {
                runs[runs.count - 1] = last.lowerBound...core
            } else {
                runs.append(core...core)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}
