internal import Foundation
internal import LRNetDiagnostics
internal import LRNetSupport
internal import LRNetTraining

/// The page: one HTML file without scripts, fonts or pictures from elsewhere.
struct ReportPage {
    let runs: [ReportRun]
    let figures: [Figure]
    let notes: [String]
    /// Where the pictures lie, seen from the page.
    let figuresLink: String

    private var title: String {
        runs.count == 1
            ? "Training report: \(runs[0].label)" : "Training report: \(runs.count) runs"
    }

    var source: String {
        var head = Markup("head")
        head.append(Markup("meta", [("charset", "utf-8")]))
        head.append(
            Markup(
                "meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")]))
        head.append(Markup("title", text: title))
        var style = Markup("style")
        style.append(raw: ChartStyle.colours + ChartStyle.marks + PageStyle.rules)
        head.append(style)

        var main = Markup("main")
        main.append(Markup("h1", text: title))
        main.append(Markup("p", [("class", "lead")], text: lead))
        main.append(overview)
        for note in notes { main.append(Markup("p", [("class", "note")], text: note)) }
        main.append(contents)
        main.append(figures.map(section))
        main.append(
            Markup(
                "footer",
                text: "Drawn by lrnet-dist \(ProgramVersion.number) from what the runs recorded. "
                    + "Figures are numbered as in Shayer, Levi, Fetaya, Learning Discrete Weights "
                    + "Using the Local Reparameterization Trick, ICLR 2018."))
        let html = Markup("html", [("lang", "en")], [head, Markup("body", [], [main])])
        return "<!DOCTYPE html>\n" + html.source
    }

    private var lead: String {
        let measured = runs.filter { $0.bestValidation != nil }
        guard
            let best = measured.min(by: {
                $0.bestValidation?.best ?? 100 < $1.bestValidation?.best ?? 100
            }), let error = best.bestValidation?.best
        else { return "No finished network has been measured yet." }
        let subject = runs.count == 1 ? "The best network" : "The best network, of \(best.label),"
        let test = best.result?.testError.map { ", and \(Text.percent($0)) of the test images" }
        let noise = best.validationCount.map {
            " One standard error of \(Ticks.grouped($0)) images is "
                + "\(Text.number(Text.standardError(percent: error, count: $0))) points."
        }
        return "\(subject) takes \(Text.percent(error)) of the validation images for another "
            + "class\(test ?? "").\(noise ?? "")"
    }

    // MARK: Runs

    private var overview: Markup {
        let rows = runs.map { run -> [String] in
            let (recipe, result) = (run.recipe, run.result)
            let last = run.metrics.training.last?.step ?? 0
            let decay = recipe.regularization.probabilityDecay
            return [
                run.label, run.method, recipe.network.name, "\(recipe.training.seed)",
                Text.number(run.epochs(last), 1), "\(recipe.training.globalBatch)",
                Text.general(recipe.optimizer.learningRate), Text.general(decay),
                recipe.initialization.from == nil ? "cold" : "full precision",
                Text.percent(run.bestValidation?.best), Text.percent(result?.testError),
                result.map { Text.number($0.imagesPerSecond, 0) } ?? "–",
                run.environment.map { "\($0.ranks) x \($0.threads)" } ?? "–",
            ]
        }
        let table = Figure.Table(
            header: [
                "run", "method", "network", "seed", "epochs", "batch", "learning rate", "decay",
                "start", "validation", "test", "images/s", "ranks x threads",
            ], rows: rows)
        return Markup("section", [("id", "runs")], [Markup("h2", text: "Runs"), Self.table(table)])
    }

    private var contents: Markup {
        var list = Markup("nav", [("aria-label", "Figures")])
        for figure in figures {
            list.append(
                Markup(
                    "a",
                    [
                        ("href", "#\(figure.name)"),
                        ("class", figure.missing == nil ? "" : "absent"),
                    ], text: figure.title))
        }
        return list
    }

    // MARK: Figures

    private func section(_ figure: Figure) -> Markup {
        var section = Markup("section", [("id", figure.name)])
        section.append(Markup("h2", text: figure.title))
        if let missing = figure.missing {
            section.append(Markup("p", [("class", "missing")], text: missing))
            return section
        }
        var element = Markup("figure")
        if !figure.legend.isEmpty { element.append(Self.legend(figure.legend)) }
        let isSmall = figure.panels.allSatisfy { $0.size.width < 300 }
        let arrangement = isSmall ? " small" : [2, 4].contains(figure.panels.count) ? " pairs" : ""
        var panels = Markup("div", [("class", "panels\(arrangement)")])
        for (number, panel) in figure.panels.enumerated() {
            panels.append(
                Markup(
                    "div", [("class", "panel")],
                    [FigureSheet.inline(panel, name: "\(figure.name)-\(number)")]))
        }
        element.append(panels)
        var caption = Markup("figcaption")
        caption.append(text: figure.caption + " ")
        caption.append(
            Markup("a", [("href", "\(figuresLink)/\(figure.name).svg")], text: "Picture as SVG"))
        element.append(caption)
        section.append(element)
        if let table = figure.table { section.append(Self.table(table)) }
        return section
    }

    private static func legend(_ entries: [LegendEntry]) -> Markup {
        var list = Markup("ul", [("class", "legend")])
        for entry in entries {
            let swatch = Markup(
                "svg",
                [
                    ("class", "chart"), ("viewBox", "0 0 24 10"), ("width", "24"),
                    ("height", "10"), ("aria-hidden", "true"),
                ],
                [
                    Markup(
                        "path",
                        [
                            (
                                "class",
                                "line \(entry.ink.name)\(entry.isDashed ? " dashed" : "")"
                            ), ("d", "M1 5h22"), ("style", "stroke-width:3.5"),
                        ])
                ])
            list.append(Markup("li", [], [swatch, Markup("span", text: entry.name)]))
        }
        return list
    }

    private static func table(_ table: Figure.Table) -> Markup {
        let header = Markup(
            "tr", [], table.header.map { Markup("th", [("scope", "col")], text: $0) })
        let rows = table.rows.map { row in
            Markup(
                "tr", [],
                row.enumerated().map { number, cell in
                    number == 0
                        ? Markup("th", [("scope", "row")], text: cell) : Markup("td", text: cell)
                })
        }
        return Markup(
            "div", [("class", "scroll"), ("tabindex", "0")],
            [
                Markup(
                    "table", [], [Markup("thead", [], [header]), Markup("tbody", [], rows)])
            ])
    }
}
