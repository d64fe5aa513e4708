import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// A bit is flipped or the tail is cut off in every kind of file that a run reads. The file
    /// must be refused with one line, or replaced by an older one with a warning; it must never be
    /// accepted.
    @Suite struct DamagedFileTests {
        enum Kind: String, CaseIterable {
            case shard, index, state, manifest, winner, recipe
        }

        /// A change to a file's bytes.
        struct Damage: CustomStringConvertible {
            var byte: Int
            /// The bit that is flipped; `nil` if the file ends before `byte`.
            var bit: Int?

            func applied(to bytes: [UInt8]) -> [UInt8] {
                guard let bit else { return Array(bytes[..<byte]) }
                var changed = bytes
                changed[byte] ^= 1 << UInt8(bit)
                return changed
            }

            var description: String { bit.map { "byte \(byte) bit \($0)" } ?? "cut to \(byte)" }
        }

        private static let seed: UInt64 = 1
        private static let flipCount = 24
        private static let cutCount = 6

        /// Returns a seeded sample of damages, including both ends of the file.
        static func sample(byteCount: Int, _ kind: Kind) -> [Damage] {
            let layer = UInt16(Kind.allCases.firstIndex(of: kind) ?? 0)
            let key = NoiseKey(seed: seed, purpose: .test, step: 82, layer: layer)
            var sample = [
                Damage(byte: 0, bit: 0), Damage(byte: byteCount - 1, bit: 7),
                Damage(byte: 0), Damage(byte: byteCount - 1),
            ]
            for number in 0..<flipCount - 2 {
                sample.append(
                    Damage(
                        byte: key.integer(2 * number, below: byteCount),
                        bit: key.integer(2 * number + 1, below: 8)))
            }
            for number in 0..<cutCount - 2 {
                sample.append(Damage(byte: key.integer(1_000 + number, below: byteCount)))
            }
            return sample
        }

        /// A run of 30 steps; its folder is copied for each damage.
        private static let original = Result {
            let run = try SmallRun.make()
            _ = try run.result(["training.steps=30"])
            return run
        }

        /// The results of an undamaged run of 34 steps.
        private static let reference = Result { try SmallRun.Reference(["training.steps=34"]) }

        private func copy() throws -> TestRun {
            let run = try SmallRun.make()
            try FileManager.default.copyItem(
                atPath: Self.original.get().output, toPath: run.output)
            return run
        }

        /// Damages a copy of a file and returns what is wrong with the way it is then read; `nil`
        /// if the damage is found.
        private func problem(_ kind: Kind, _ damage: Damage) throws -> String? {
            switch kind {
            case .shard, .index: return try problemOfData(kind, damage)
            case .state, .manifest: return try problemOfCheckpoint(kind, damage)
            case .winner:
                let run = try copy()
                let path = "\(run.output)/\(NetworkFile.name)"
                try apply(damage, to: path)
                return refusal(of: path) { _ = try NetworkFile(path: path) }
            case .recipe: return try problemOfRecipe(damage)
            }
        }

        private func apply(_ damage: Damage, to path: String) throws {
            try AtomicFile.write(damage.applied(to: FileBytes.read(path)), to: path)
        }

        /// Reads a damaged file and returns `nil` if that throws one line that names the file, with
        /// the exit code of bad data; otherwise what happened.
        private func refusal(of path: String, _ read: () throws -> Void) -> String? {
            do {
                try read()
                return "read as good"
            } catch let failure as Failure {
                let line = "\(failure)"
                guard line.contains(path), !line.contains("\n") else { return "said: \(line)" }
                return failure.exitStatus == .badData ? nil : "exit \(failure.exitStatus): \(line)"
            } catch {
                return "threw \(error)"
            }
        }

        private func problemOfData(_ kind: Kind, _ damage: Damage) throws -> String? {
            let folder = try TestFolder()
            let data = "\(folder.path)/digits"
            try FileManager.default.copyItem(atPath: Digits.path, toPath: data)
            let path = "\(data)/\(kind == .shard ? "train-00001.h5" : ShardIndex.fileName)"
            try apply(damage, to: path)
            return refusal(of: path) {
                let set = try ShardSet(directory: data)
                let reader = try ShardReader(set: set, split: .train)
                _ = try reader.read(samples: Array(0..<reader.count))
            }
        }

        private func problemOfCheckpoint(_ kind: Kind, _ damage: Damage) throws -> String? {
            let run = try copy()
            let store = CheckpointStore(runFolder: run.output)
            let (newest, older) = ("step-00000030", "step-00000028")
            let good = try store.load(older)
            let name = kind == .state ? "state.h5" : "manifest.json"
            try apply(damage, to: "\(store.folder)/\(newest)/\(name)")
            var warnings: [String] = []
            let loaded = try store.loadLatest { warnings.append($0) }
            guard loaded == good else { return "loaded \(loaded?.name ?? "nothing")" }
            guard warnings.count == 1, warnings[0].contains("\(newest)/"),
                warnings[0].hasSuffix("; set aside as \(newest).damaged")
            else { return "warned: \(warnings)" }
            return nil
        }

        /// The command reads the recipe of the run's folder. It must refuse the recipe, or warn and
        /// resume to the end of an undamaged run.
        private func problemOfRecipe(_ damage: Damage) throws -> String? {
            let run = try copy()
            try apply(damage, to: "\(run.output)/recipe.yaml")
            let outcome = try run.train(["training.steps=34"])
            let warnings = outcome.errors.split(separator: "\n").filter {
                $0.contains("recipe.yaml: ")
            }
            guard outcome.status == 0 else {
                return [65, 78].contains(outcome.status) && outcome.complaints.count == 1
                    && warnings.count == 1 ? nil : "exit \(outcome.status): \(outcome.errors)"
            }
            guard warnings.count == 1 else { return "read as good: \(outcome.errors)" }
            let differences = try run.differences(from: Self.reference.get())
            return differences.isEmpty ? nil : "went on to another end: \(differences)"
        }

        @Test func `every flipped bit and every cut in every kind of file is detected`() throws {
            var report: [String] = []
            for kind in Kind.allCases {
                let path: String
                let run = try Self.original.get()
                switch kind {
                case .shard: path = "\(Digits.path)/train-00001.h5"
                case .index: path = "\(Digits.path)/\(ShardIndex.fileName)"
                case .state: path = "\(run.output)/checkpoints/step-00000030/state.h5"
                case .manifest: path = "\(run.output)/checkpoints/step-00000030/manifest.json"
                case .winner: path = "\(run.output)/\(NetworkFile.name)"
                case .recipe: path = "\(run.output)/recipe.yaml"
                }
                let sample = Self.sample(
                    byteCount: try FileBytes.byteCount(ofFileAt: path), kind)
                var detected = 0
                for damage in sample {
                    let problem = try problem(kind, damage)
                    if problem == nil { detected += 1 }
                    #expect(problem == nil, "\(kind.rawValue), \(damage)")
                }
                report.append("\(kind.rawValue) \(detected)/\(sample.count)")
                #expect(detected == sample.count && sample.count >= 20)
            }
            print(
                "damaged files, detected/injected: \(report.joined(separator: ", ")); "
                    + "seed \(Self.seed)")
        }

        @Test func `a damaged source network is refused by name`() throws {
            let source = try SmallRun.make()
            _ = try source.result(["weights=full-precision", "training.steps=15"])
            let path = "\(source.output)/\(NetworkFile.name)"
            try flip(path, byte: try FileBytes.byteCount(ofFileAt: path) - 100, bit: 4)
            let run = try SmallRun.make()
            let outcome = try run.train(["initialization.from=\(source.output)"], ranks: 2)
            #expect(outcome.status == 65)
            #expect(outcome.complaints.count == 1)
            #expect(outcome.complaints.first?.contains(path) == true)
        }
    }
}
