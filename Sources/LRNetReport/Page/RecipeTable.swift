package import LRNetTraining

/// What the recipes of a report's runs do not have in common.
package enum RecipeTable {
    /// Keys whose values differ, and the value that each recipe has; `nil` for a key that is not there.
    package static func differences(
        _ recipes: [Recipe]
    ) -> [(key: String, values: [String?])] {
        guard let first = recipes.first else { return [] }
        var rows: [(key: String, values: [String?])] = []
        for (number, recipe) in recipes.enumerated() {
            for change in recipe.changes(from: first) {
                if let row = rows.firstIndex(where: { $0.key == change.key }) {
                    rows[row].values[number] = change.new
                } else {
                    // Recipes that do not change the key have the first one's value.
                    var values = Array(repeating: change.old, count: recipes.count)
                    values[number] = change.new
                    rows.append((change.key, values))
                }
            }
        }
        // In the order of the file, whichever recipe brought a key in.
        let sections = first.yaml.split(separator: "\n").filter { $0.first != " " }
            .map { $0.prefix { $0 != ":" } }
        func place(_ key: String) -> Int {
            sections.firstIndex(of: key.prefix { $0 != "." }) ?? sections.count
        }
        return rows.enumerated().sorted {
            (place($0.element.key), $0.offset) < (place($1.element.key), $1.offset)
        }.map(\.element)
    }

    /// The differences as a table, one row a key, or one row a run where runs are many.
    static func make(_ runs: [ReportRun]) -> Figure.Table? {
        let rows = differences(runs.map(\.recipe))
        guard !rows.isEmpty else { return nil }
        let cells = rows.map { row in row.values.map { $0 ?? Text.none } }
        if runs.count <= 6 {
            return Figure.Table(
                header: [.text("key")] + runs.map { .text($0.label) },
                rows: zip(rows, cells).map { [$0.key] + $1 })
        }
        return Figure.Table(
            // Long keys break after their section.
            header: [.text("run")] + rows.map { .text($0.key.replacing(".", with: ".\u{200B}")) },
            rows: runs.enumerated().map { number, run in [run.label] + cells.map { $0[number] } })
    }
}
