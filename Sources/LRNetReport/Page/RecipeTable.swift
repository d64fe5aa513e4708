package import LRNetTraining

/// The differences between the recipes of a report's runs.
package enum RecipeTable {
    /// Returns the keys whose values differ and the value in each recipe; `nil` if a recipe does
    /// not have the key.
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
        // Keys are in the order of the file, regardless of the recipe that added them.
        let sections = first.yaml.split(separator: "\n").filter { $0.first != " " }
            .map { $0.prefix { $0 != ":" } }
        func place(_ key: String) -> Int {
            sections.firstIndex(of: key.prefix { $0 != "." }) ?? sections.count
        }
        return rows.enumerated().sorted {
            (place($0.element.key), $0.offset) < (place($1.element.key), $1.offset)
        }.map(\.element)
    }

    /// Returns the differences as a table with one row per key, or with one row per run if there
    /// are many runs.
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
            // Long keys wrap after their section.
            header: [.text("run")] + rows.map { .text($0.key.replacing(".", with: ".\u{200B}")) },
            rows: runs.enumerated().map { number, run in [run.label] + cells.map { $0[number] } })
    }
}
