internal import Foundation

/// Short names of runs, from their folders.
enum RunLabels {
    /// As many of each folder's last components as name it, without what all begin or end with.
    ///
    /// A name such as `seed-1` says nothing without its parent; equal names are numbered.
    static func make(_ folders: [String]) -> [String] {
        let paths = folders.map { $0.split(separator: "/").map(String.init) }
        let parts = withoutCommonEnds(telling(paths), separator: "/")
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

    /// Whether a name fits any run: a number, a seed, `run`, `output`, `latest`.
    private static func isGeneric(_ name: String) -> Bool {
        name.wholeMatch(
            of: /(?i)((seed|run|try|trial|fold|rep|repeat)?[-_]?[0-9]*|out|output|latest)/) != nil
    }

    /// The fewest last components of each path that are not generic and no other path ends with.
    private static func telling(_ paths: [[String]]) -> [[String]] {
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

    /// Lists without the elements that all begin or end with; what is left of each is not generic.
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
