internal import Foundation

/// Derives short names of runs from their folders.
enum RunLabels {
    /// Returns as many of each folder's last components as identify it, without common prefixes and
    /// suffixes.
    ///
    /// A generic name such as `seed-1` includes its parent. Equal names are numbered.
    static func make(_ folders: [String]) -> [String] {
        let paths = folders.map { $0.split(separator: "/").map(String.init) }
        let parts = withoutCommonEnds(distinguishing(paths), separator: "/")
        let words = withoutCommonEnds(
            parts.map { part in
                part.joined(separator: "/").split(separator: "-", omittingEmptySubsequences: false)
                    .map(String.init)
            },
            separator: "-")
        let short = words.map { $0.joined(separator: "-") }
        return short.indices.map { index in
            let name = short[index].isEmpty ? "run" : short[index]
            let equal = short.indices.filter { short[$0] == short[index] }
            guard equal.count > 1, let place = equal.firstIndex(of: index) else { return name }
            return "\(name) \(place + 1)"
        }
    }

    /// Returns true if a name could be that of any run: a number, a seed, `run`, `output`,
    /// `latest`.
    private static func isGeneric(_ name: String) -> Bool {
        name.wholeMatch(
            of: /(?i)((seed|run|try|trial|fold|rep|repeat)?[-_]?[0-9]*|out|output|latest)/) != nil
    }

    /// Returns the fewest last components of each path that are not generic and that no other path
    /// ends with.
    private static func distinguishing(_ paths: [[String]]) -> [[String]] {
        paths.indices.map { index in
            let path = paths[index]
            let others = paths.indices.filter { $0 != index && paths[$0] != path }
                .map { paths[$0] }
            let count = (1..<max(path.count, 2)).first { count in
                let end = path.suffix(count)
                return !isGeneric(end.joined(separator: "/"))
                    && !others.contains { $0.suffix(count) == end }
            }
            return Array(path.suffix(count ?? path.count))
        }
    }

    /// Removes the first and last elements that all lists share, as long as the rest of each list
    /// is not generic.
    private static func withoutCommonEnds(_ lists: [[String]], separator: String) -> [[String]] {
        guard lists.count > 1 else { return lists }
        var lists = lists
        while let first = lists[0].first,
            lists.allSatisfy({ $0.count > 1 && $0.first == first }),
            lists.allSatisfy({ !isGeneric($0.dropFirst().joined(separator: separator)) })
        {
            for index in lists.indices { lists[index].removeFirst() }
        }
        while let last = lists[0].last, lists.allSatisfy({ $0.count > 1 && $0.last == last }),
            lists.allSatisfy({ !isGeneric($0.dropLast().joined(separator: separator)) })
        {
            for index in lists.indices { lists[index].removeLast() }
        }
        return lists
    }
}
