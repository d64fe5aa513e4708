internal import Foundation
internal import LRNetData
internal import LRNetSupport
internal import LRNetTraining

/// A page about one or several runs, and its pictures as files.
package struct Report {
    /// What is written.
    package struct Options: Sendable {
        /// The runs' folders.
        package var runs: [String]
        /// The page.
        package var output: String
        /// The folder of the pictures; `nil` for one beside the page: `report-figures` beside
        /// `report.html`.
        package var figures: String?
        /// The data set; `nil` for figures without.
        package var data: String?

        /// Creates options.
        package init(runs: [String], output: String) {
            self.runs = runs
            self.output = output
        }

        /// Where the pictures go.
        package var figuresFolder: String {
            if let figures { return figures }
            let stem = output.hasSuffix(".html") ? String(output.dropLast(5)) : output
            return "\(stem)-figures"
        }
    }

    /// The runs.
    package let runs: [ReportRun]
    /// The figures in order of the page, those that cannot be drawn included.
    package let figures: [Figure]
    /// What else a reader must know.
    package let notes: [String]

    private let options: Options

    /// A failure of one run's files, or of their fit to the data; a data set that cannot be read ends the report.
    private static func isOfOneRun(_ failure: Failure) -> Bool {
        ["checkpoint", "data", "network", "recipe", "report", "safetensors"].contains(failure.call)
    }

    /// Reads the runs, looks into them if there are data, and draws.
    ///
    /// - Throws: An error naming the run, file or data set at fault.
    package init(options: Options) throws {
        self.options = options
        let runs = try ReportRun.load(options.runs)
        let (looks, notes) = try Self.look(into: runs, data: options.data)
        self.runs = runs
        self.notes = notes
        figures = [
            CurveFigure.make(runs), CentralLimit.first(runs, looks),
            CentralLimit.second(runs, looks), KernelFigure.make(runs), MethodFigure.make(runs),
            LayerFigures.entropy(runs), ProbabilityFigure.make(runs), LayerFigures.movement(runs),
            DrawFigure.make(runs), ClassFigures.errors(runs),
            ClassFigures.confusions(runs, looks), StageFigure.make(runs),
        ]
    }

    /// Looks into the runs that were trained on the data set; notes name the others.
    private static func look(
        into runs: [ReportRun], data: String?
    ) throws -> (looks: [InspectedRun?], notes: [String]) {
        guard let data else { return (runs.map { _ in nil }, []) }
        let fingerprint = try ShardSet(directory: data).fingerprint
        let strangers = runs.filter { ![nil, fingerprint].contains($0.trace.fingerprint) }
        guard strangers.count < runs.count else {
            let trained = strangers[0].trace.fingerprint ?? ""
            throw Failure(
                call: "report", subject: "--data \(data)",
                message:
                    "is not the data set that \(strangers[0].label) was trained on (fingerprint "
                    + "\(fingerprint.prefix(12)); the run has \(trained.prefix(12))); give that "
                    + "one, or leave out --data", exitStatus: .badData)
        }
        let missing = "Figures that need images leave out"
        var (looks, notes) = ([InspectedRun?](), [String]())
        if !strangers.isEmpty {
            notes.append(
                "\(missing) \(Text.list(strangers.map(\.label))): trained on another data set than "
                    + "--data \(data).")
        }
        for run in runs {
            guard [nil, fingerprint].contains(run.trace.fingerprint) else {
                looks.append(nil)
                continue
            }
            do {
                looks.append(try InspectedRun(run: run, data: data))
            } catch let failure as Failure where runs.count > 1 && isOfOneRun(failure) {
                notes.append("\(missing) \(run.label): \(failure)")
                looks.append(nil)
            }
        }
        guard looks.contains(where: { $0 != nil }) else {
            throw Failure(
                call: "report", subject: "--data \(data)",
                message: "fits none of the runs: \(notes.last ?? "")", exitStatus: .badData)
        }
        return (looks, notes)
    }

    /// Writes the pictures, then the page.
    ///
    /// - Throws: `Failure` (74) naming what cannot be written.
    package func write() throws {
        let folder = options.figuresFolder
        try AtomicFile.createFolder(folder)
        for figure in figures {
            let path = "\(folder)/\(figure.name).svg"
            if figure.missing == nil {
                try AtomicFile.write(figure.file, to: path)
            } else {
                // A picture of an earlier report would belong to other runs.
                try AtomicFile.remove(path)
            }
        }
        try AtomicFile.write(html, to: options.output)
    }

    /// The page.
    package var html: String {
        let page = PathText.folder(of: PathText.absolute(options.output))
        let folder = PathText.absolute(options.figuresFolder)
        let isBeside = PathText.isSame(PathText.folder(of: folder), page)
        let link = isBeside ? PathText.lastPart(of: folder) : folder
        return ReportPage(runs: runs, figures: figures, notes: notes, figuresLink: link).source
    }
}
