internal import Foundation
internal import LRNetData
internal import LRNetSupport
internal import LRNetTraining

/// A page about one or more runs, and its figures as SVG files.
package struct Report {
    package struct Options: Sendable {
        /// The folders of the runs.
        package var runs: [String]
        /// The path of the page.
        package var output: String
        /// The folder of the SVG files; `nil` for a folder next to the page, such as
        /// `report-figures` for `report.html`.
        package var figures: String?
        /// The folder of the data set; `nil` to omit the figures that need images.
        package var data: String?

        package init(runs: [String], output: String) {
            self.runs = runs
            self.output = output
        }

        /// The folder of the SVG files.
        package var figuresFolder: String {
            if let figures { return figures }
            let stem = output.hasSuffix(".html") ? String(output.dropLast(5)) : output
            return "\(stem)-figures"
        }
    }

    package let runs: [ReportRun]
    /// The figures in the order of the page, including those that cannot be drawn.
    package let figures: [Figure]
    /// Remarks for the reader, such as runs that figures omit.
    package let notes: [String]

    private let options: Options

    /// Returns true if a failure concerns only one run's files or their match with the data. Other
    /// failures, such as an unreadable data set, end the report.
    private static func isOfOneRun(_ failure: Failure) -> Bool {
        ["checkpoint", "data", "network", "recipe", "report", "safetensors"].contains(failure.call)
    }

    /// Reads the runs, evaluates their networks if there is a data set, and draws the figures.
    ///
    /// - Throws: An error naming the run, file or data set that caused it.
    package init(options: Options) throws {
        self.options = options
        let runs = try ReportRun.load(options.runs)
        let (inspectedRuns, notes) = try Self.inspect(runs, data: options.data)
        self.runs = runs
        self.notes = notes
        figures = [
            CurveFigure.make(runs), CentralLimit.first(runs, inspectedRuns),
            CentralLimit.second(runs, inspectedRuns), KernelFigure.make(runs),
            MethodFigure.make(runs),
            LayerFigures.entropy(runs), ProbabilityFigure.make(runs), LayerFigures.movement(runs),
            DrawFigure.make(runs), ClassFigures.errors(runs),
            ClassFigures.confusions(runs, inspectedRuns), StageFigure.make(runs),
        ]
    }

    /// Evaluates the networks of the runs that were trained on the data set. The notes name the
    /// other runs.
    private static func inspect(
        _ runs: [ReportRun], data: String?
    ) throws -> (inspectedRuns: [InspectedRun?], notes: [String]) {
        guard let data else { return (runs.map { _ in nil }, []) }
        let fingerprint = try ShardSet(directory: data).fingerprint
        let mismatched = runs.filter { ![nil, fingerprint].contains($0.trace.fingerprint) }
        guard mismatched.count < runs.count else {
            let trained = mismatched[0].trace.fingerprint ?? ""
            throw Failure(
                call: "report", subject: "--data \(data)",
                message:
                    "is not the data set that \(mismatched[0].label) was trained on (fingerprint "
                    + "\(fingerprint.prefix(12)); the run has \(trained.prefix(12))); give that "
                    + "data set, or omit --data", exitStatus: .badData)
        }
        let missing = "Figures that need images omit"
        var (inspectedRuns, notes) = ([InspectedRun?](), [String]())
        if !mismatched.isEmpty {
            notes.append(
                "\(missing) \(Text.list(mismatched.map(\.label))): trained on a different data set "
                    + "than --data \(data).")
        }
        for run in runs {
            guard [nil, fingerprint].contains(run.trace.fingerprint) else {
                inspectedRuns.append(nil)
                continue
            }
            do {
                inspectedRuns.append(try InspectedRun(run: run, data: data))
            } catch let failure as Failure where runs.count > 1 && isOfOneRun(failure) {
                notes.append("\(missing) \(run.label): \(failure)")
                inspectedRuns.append(nil)
            }
        }
        guard inspectedRuns.contains(where: { $0 != nil }) else {
            throw Failure(
                call: "report", subject: "--data \(data)",
                message: "matches none of the runs: \(notes.last ?? "")", exitStatus: .badData)
        }
        return (inspectedRuns, notes)
    }

    /// Writes the SVG files, then the page.
    ///
    /// - Throws: `Failure` (74) naming the path that cannot be written.
    package func write() throws {
        let folder = options.figuresFolder
        try AtomicFile.createFolder(folder)
        for figure in figures {
            let path = "\(folder)/\(figure.name).svg"
            if figure.missing == nil {
                try AtomicFile.write(figure.file, to: path)
            } else {
                // A file of an earlier report could show other runs.
                try AtomicFile.remove(path)
            }
        }
        try AtomicFile.write(html, to: options.output)
    }

    package var html: String {
        let page = PathText.folder(of: PathText.absolute(options.output))
        let folder = PathText.absolute(options.figuresFolder)
        let isAdjacent = PathText.isSame(PathText.folder(of: folder), page)
        let link = isAdjacent ? PathText.lastPart(of: folder) : folder
        return ReportPage(runs: runs, figures: figures, notes: notes, figuresLink: link).source
    }
}
