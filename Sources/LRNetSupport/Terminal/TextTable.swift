/// A table of text with aligned columns, for terminals and logs.
///
///     split       images  share
///     train       55,000   78.6
///     validation   5,000    7.1
package struct TextTable {
    private let header: [String]
    private var rows: [[String]] = []

    /// Starts a table with its column titles.
    package init(_ header: [String]) {
        self.header = header
    }

    /// Appends a row.
    ///
    /// - Precondition: It has as many cells as the header.
    package mutating func append(_ row: [String]) {
        precondition(
            row.count == header.count, "\(row.count) cells for \(header.count) columns")
        rows.append(row)
    }

    /// The lines, without line ends and without trailing blanks; a column of which every filled
    /// cell reads as a number (digits, sign, comma, point, percent) is set to the right.
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

    /// The lines, each ended by a line end.
    package var text: String { lines.map { $0 + "\n" }.joined() }

    private static func isNumber(_ cell: String) -> Bool {
        cell.contains(where: \.isWholeNumber)
            && cell.allSatisfy { $0.isASCII && ($0.isWholeNumber || "+-.,%e".contains($0)) }
    }

    /// A count with thousands separated: `55,000`.
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
