/// A table of text with aligned columns, for terminals and logs.
///
///     split       images  share
///     train       55,000   78.6
///     validation   5,000    7.1
package struct TextTable {
    private let header: [String]
    private var rows: [[String]] = []

    /// Creates a table without rows.
    package init(_ header: [String]) {
        self.header = header
    }

    /// - Precondition: The row has as many cells as the header.
    package mutating func append(_ row: [String]) {
        precondition(
            row.count == header.count, "\(row.count) cells for \(header.count) columns")
        rows.append(row)
    }

    /// The lines, without line ends and trailing blanks.
    ///
    /// A column is right-aligned if all its cells are numbers (digits, sign, comma, point, percent,
    /// exponent), not counting empty cells and `-`.
    package var lines: [String] {
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        let isNumeric = header.indices.map { column in
            let cells = rows.map { $0[column] }.filter { !$0.isEmpty && $0 != "-" }
            return !cells.isEmpty && cells.allSatisfy(Self.isNumber)
        }
        return ([header] + rows).map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                if column > 0 { line += "  " }
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                line += isNumeric[column] ? blanks + cell : cell + blanks
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// The lines, each with a line end.
    package var text: String { lines.map { $0 + "\n" }.joined() }

    private static func isNumber(_ cell: String) -> Bool {
        cell.contains(where: \.isWholeNumber)
            && cell.allSatisfy { $0.isASCII && ($0.isWholeNumber || "+-.,%e".contains($0)) }
    }

    /// Returns a count with thousands separators: `55,000`.
    package static func grouped(_ count: Int) -> String {
        let digits = String(count.magnitude)
        var text = ""
        for (position, digit) in digits.enumerated() {
            if position > 0 && (digits.count - position) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return count < 0 ? "-" + text : text
    }
}
