/// Suggestions for misspelled words.
package enum Spelling {
    /// Returns the nearest candidate, or `nil` if more than a third of the letters differ. One
    /// different letter is always allowed.
    package static func nearest(_ word: String, among candidates: [String]) -> String? {
        let ranked = candidates.map { ($0, distance(word.lowercased(), $0.lowercased())) }
        guard let best = ranked.min(by: { $0.1 < $1.1 }) else { return nil }
        return best.1 <= max(1, max(word.count, best.0.count) / 3) ? best.0 : nil
    }

    /// Returns the number of letters to insert, delete, replace, or swap with their neighbor.
    package static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a), Array(b))
        var (earlier, last) = ([Int](), Array(0...b.count))
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var least = min(last[j] + (a[i] == b[j] ? 0 : 1), row[j] + 1, last[j + 1] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    least = min(least, earlier[j - 1] + 1)
                }
                row.append(least)
            }
            (earlier, last) = (last, row)
        }
        return last[b.count]
    }
}
