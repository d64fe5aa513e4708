internal import Foundation

/// The cores that a process may run on.
package enum ProcessAffinity {
    /// Returns the numbers of the cores in ascending order; empty if the system does not report
    /// them.
    ///
    /// The list is read from `/proc`, because Swift does not import `sched_getaffinity`. The mask
    /// is the same.
    package static func cores() -> [Int] {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        return cores(status: status)
    }

    /// Parses the list of cores in the content of `/proc/self/status`.
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

    /// Returns the numbers as text, with runs of consecutive numbers, such as `0-3,8`.
    ///
    /// - Parameter cores: The numbers in ascending order.
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
