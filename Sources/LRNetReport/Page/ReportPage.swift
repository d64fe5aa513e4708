internal import LRNetSupport
internal import LRNetTraining

/// The page: one HTML file without scripts, fonts or pictures from elsewhere.
struct ReportPage {
    let runs: [ReportRun]
    let figures: [Figure]
    let notes: [String]
    /// Where the pictures lie, seen from the page.
    let figuresLink: String

    private var groups: [DataSetGroup] { DataSetGroup.split(runs) }

    private var title: String {
        if runs.count == 1 { return "Training report: \(runs[0].label)" }
        let sets = groups.count == 1 ? "" : " on \(groups.count) data sets"
        return "Training report: \(runs.count) runs\(sets)"
    }

    var source: String {
        var head = Markup("head")
        head.append(Markup("meta", [("charset", "utf-8")]))
        head.append(
            Markup(
                "meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")]))
        head.append(Markup("title", text: title))
        var style = Markup("style")
        style.append(raw: ChartStyle.colors + ChartStyle.marks + PageStyle.rules)
        head.append(style)

        var main = Markup("main")
        main.append(Markup("h1", text: title))
        for group in groups {
            main.append(Markup("p", [("class", "lead")], text: LeadSentence.make(group)))
        }
        main.append(contents)
        main.append(results)
        for note in notes { main.append(Markup("p", [("class", "note")], text: note)) }
        main.append(figures.map { FigureSection(figure: $0, link: figuresLink).markup })
        main.append(recipes)
        main.append(environments)
        main.append(
            Markup(
                "footer",
                text: "Drawn by lrnet-dist \(ProgramVersion.number) from what the runs recorded. "
                    + "Figures are numbered as in Shayer, Levi, Fetaya, Learning Discrete Weights "
                    + "Using the Local Reparameterization Trick, ICLR 2018."))
        let html = Markup("html", [("lang", "en")], [head, Markup("body", [], [main])])
        return "<!DOCTYPE html>\n" + html.source
    }

    private var contents: Markup {
        var list = Markup("nav", [("aria-label", "Contents")])
        func add(_ name: String, _ title: String, isAbsent: Bool = false) {
            list.append(
                Markup(
                    "a", [("href", "#\(name)"), ("class", isAbsent ? "absent" : "")], text: title))
        }
        add("runs", "Runs")
        for figure in figures { add(figure.name, figure.title, isAbsent: figure.missing != nil) }
        add("recipes", "Recipes")
        add("environments", "Dates and machines")
        return list
    }

    // MARK: Runs

    private func section(_ name: String, _ title: String) -> Markup {
        Markup("section", [("id", name)], [Markup("h2", text: title)])
    }

    private var results: Markup {
        var result = section("runs", "Runs")
        result.append(RunTable.results(runs).markup)
        result.append(Markup("p", [("class", "about")], text: RunTable.caption))
        return result
    }

    private var recipes: Markup {
        var result = section("recipes", "Recipes")
        if runs.count > 1 {
            let table = RecipeTable.make(runs)
            if let table { result.append(table.markup) }
            result.append(
                Markup(
                    "p", [("class", "about")],
                    text: table == nil
                        ? "All runs have the same recipe." : "The other keys have equal values."))
        }
        for run in runs {
            let recipe = Markup("pre", text: run.recipe.yaml)
            result.append(
                Markup(
                    "details", [], [Markup("summary", text: "Recipe of \(run.label)"), recipe]))
        }
        return result
    }

    private var environments: Markup {
        var result = section("environments", "Dates and machines")
        result.append(RunTable.environments(runs).markup)
        return result
    }
}
