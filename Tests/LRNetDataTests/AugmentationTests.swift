import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetReference
import LRNetSupport
import LRNetTestSupport
import Testing

@Suite struct AugmentationTests {
    static let shape = ImageShape(height: 9, width: 12, channels: 3)
    static let images = randomImages(41, shape: shape)

    /// A data set that is read through an augmentation.
    private final class Source {
        let folder: TestFolder
        let set: ShardSet
        let reader: ShardReader

        init(_ train: LabeledImages = images) throws {
            folder = try TestFolder()
            let writer = try ShardWriter(
                directory: "\(folder.path)/set", name: "n", shape: train.shape, classes: 4)
            try writer.write(.train, count: train.count, shards: 3) { train[$0] }
            try writer.finish()
            set = try ShardSet(directory: "\(folder.path)/set")
            reader = try ShardReader(set: set, split: .train)
        }

        func inputs(
            _ recipe: Augmentation, _ samples: [Int], epoch: Int?, seed: UInt64 = 5,
            workers: Int = 1
        ) throws -> [Float] {
            let augmenter = try Augmenter(recipe, seed: seed, for: set)
            let batch = Batch(capacity: samples.count, shape: augmenter.outputShape)
            try BatchFiller(reader: reader, augmenter: augmenter, pool: .testing(workers))
                .fill(batch, with: BatchRequest(samples: samples, epoch: epoch))
            #expect(batch.labels == samples.map { images.labels[$0] })
            return batch.filledImages.values
        }
    }

    private func picture(_ sample: Int) -> [UInt8] {
        let size = Self.shape.count
        return Array(Self.images.pixels[sample * size..<(sample + 1) * size])
    }

    private func crop(
        _ sample: Int, _ top: Int, _ left: Int, rows: Int, columns: Int, mirrored: Bool
    ) -> [Double] {
        Reference.crop(
            picture(sample), height: 9, width: 12, channels: 3, top: top, left: left, rows: rows,
            columns: columns, mirrored: mirrored)
    }

    @Test func `the default augmentation only divides pixels by 255`() throws {
        let source = try Source()
        #expect(Augmentation().isIdentity)
        for epoch in [nil, 0, 3] {
            let inputs = try source.inputs(Augmentation(), [7, 0, 40], epoch: epoch)
            let expected = [7, 0, 40].flatMap { picture($0).map { Float($0) / 255 } }
            #expect(inputs == expected)
        }
    }

    /// Evaluation uses the center crop.
    @Test func `padding, crop and flip produce every possible image equally often`() throws {
        let source = try Source()
        var recipe = Augmentation()
        recipe.pad = 2
        recipe.crop = 8
        recipe.flip = true
        var counts: [[Double]: Int] = [:]
        let (rows, columns) = (9 + 4 - 8 + 1, 12 + 4 - 8 + 1)
        let epochs = 40 * rows * columns
        for epoch in 0..<epochs {
            let inputs = try source.inputs(recipe, [3], epoch: epoch)
            counts[inputs.map { (Double($0) * 255).rounded() }, default: 0] += 1
        }
        var expected: Set<[Double]> = []
        for top in -2..<rows - 2 {
            for left in -2..<columns - 2 {
                for mirrored in [false, true] {
                    expected.insert(
                        crop(3, top, left, rows: 8, columns: 8, mirrored: mirrored))
                }
            }
        }
        #expect(expected.count == 2 * rows * columns)
        #expect(Set(counts.keys) == expected)
        // Twenty of each are expected; chi-squared of 107 degrees of freedom exceeds 170 with
        // probability 1e-4, and the seed is fixed.
        let squared = counts.values.reduce(0.0) { $0 + (Double($1) - 20) * (Double($1) - 20) / 20 }
        #expect(squared < 170)
        let evaluated = try source.inputs(recipe, [3], epoch: nil)
        #expect(
            evaluated.map { (Double($0) * 255).rounded() }
                == crop(3, 0, 2, rows: 8, columns: 8, mirrored: false))
    }

    /// Without a crop, padding does not change the size.
    @Test func `evaluation puts a black border around an image smaller than the crop`() throws {
        let source = try Source()
        var recipe = Augmentation()
        recipe.pad = 2
        recipe.crop = 13
        let inputs = try source.inputs(recipe, [1], epoch: nil)
        #expect(
            inputs.map { (Double($0) * 255).rounded() }
                == crop(1, -2, -1, rows: 13, columns: 13, mirrored: false))
        recipe.crop = nil
        let same = try source.inputs(recipe, [1], epoch: nil)
        #expect(same == picture(1).map { Float($0) / 255 })
        #expect(try source.inputs(recipe, [1], epoch: 1).count == same.count)
    }

    @Test func `the augmentation depends on seed, epoch and sample alone`() throws {
        let source = try Source()
        var recipe = Augmentation()
        recipe.pad = 4
        recipe.flip = true
        recipe.brightness = 0.2
        recipe.contrast = 0.2...1.8
        let base = try source.inputs(recipe, [3, 9], epoch: 2)
        #expect(try source.inputs(recipe, [3, 9], epoch: 2) == base)
        // The same sample is augmented equally at another position of another batch.
        let size = Self.shape.count
        let other = try source.inputs(recipe, [11, 9, 20, 3], epoch: 2)
        #expect(Array(other[size..<2 * size]) == Array(base[size...]))
        #expect(Array(other[(3 * size)...]) == Array(base[..<size]))
        #expect(try source.inputs(recipe, [3, 9], epoch: 3) != base)
        #expect(try source.inputs(recipe, [3, 9], epoch: 2, seed: 6) != base)
        // If the key ignored the sample, all samples of an epoch would have the same crop and flip.
        recipe.brightness = 0
        recipe.contrast = 1...1
        let crops = try (0..<20).map { sample -> Set<[Double]> in
            let inputs = try source.inputs(recipe, [sample], epoch: 0)
            #expect(inputs.count == size)
            return [inputs.map { (Double($0) * 255).rounded() }]
        }
        let places = crops.enumerated().map { sample, inputs -> Int in
            var all: [[Double]] = []
            for top in -4...4 {
                for left in -4...4 {
                    for mirrored in [false, true] {
                        all.append(
                            crop(sample, top, left, rows: 9, columns: 12, mirrored: mirrored))
                    }
                }
            }
            return all.firstIndex { inputs.contains($0) } ?? -1
        }
        #expect(!places.contains(-1))
        #expect(Set(places).count > 10)
    }

    @Test func `standardization by image, set or constants matches its definition`() throws {
        let source = try Source()
        var recipe = Augmentation()
        recipe.crop = 13
        recipe.pad = 2
        recipe.standardize = .image
        let tolerance = Tolerance(absolute: 2e-6, relative: 1e-5)
        let plain = crop(5, -2, -1, rows: 13, columns: 13, mirrored: false)
        // The black border counts.
        #expect(
            distance(
                try source.inputs(recipe, [5], epoch: nil), Reference.standardized(plain),
                tolerance) <= 1)
        recipe.standardize = .set
        let (mean, deviation) = (source.set.index.mean, source.set.index.deviation)
        let expected = plain.enumerated().map { i, x in
            (x / 255 - mean[i % 3]) / deviation[i % 3]
        }
        #expect(
            distance(try source.inputs(recipe, [5], epoch: nil), expected, tolerance) <= 1)
        recipe.standardize = .constants(mean: mean, deviation: deviation)
        #expect(
            distance(try source.inputs(recipe, [5], epoch: nil), expected, tolerance) <= 1)
    }

    /// Recovers brightness and contrast from the inputs of one sample in many epochs and applies
    /// the reference with them. Evaluation does not change the image.
    @Test func `brightness and contrast match the reference and cover their ranges`() throws {
        let source = try Source()
        var recipe = Augmentation()
        recipe.brightness = 0.25
        recipe.contrast = 0.5...1.5
        let plain = picture(2).map(Double.init)
        let means = (0..<3).map { c -> Double in
            let values = stride(from: c, to: plain.count, by: 3).map { plain[$0] }
            return values.reduce(0, +) / 108
        }
        var seen: (shifts: [Double], factors: [Double]) = ([], [])
        for epoch in 0..<200 {
            let inputs = try source.inputs(recipe, [2], epoch: epoch).doubles.map { $0 * 255 }
            let mean =
                stride(from: 0, to: inputs.count, by: 3).map { inputs[$0] }.reduce(0, +) / 108
            let shift = mean - means[0]
            let steepest = plain.indices.max {
                abs(plain[$0] - means[$0 % 3]) < abs(plain[$1] - means[$1 % 3])
            }!
            let factor =
                (inputs[steepest] - means[steepest % 3] - shift)
                / (plain[steepest] - means[steepest % 3])
            let expected = Reference.adjusted(
                plain, channels: 3, brightness: shift, contrast: factor)
            #expect(distance(inputs, expected, Tolerance(absolute: 1e-3)) <= 1)
            seen.shifts.append(shift / 255)
            seen.factors.append(factor)
        }
        #expect(seen.shifts.allSatisfy { abs($0) <= 0.2501 })
        #expect(seen.shifts.min()! < -0.23 && seen.shifts.max()! > 0.23)
        #expect(seen.factors.allSatisfy { (0.4999...1.5001).contains($0) })
        #expect(seen.factors.min()! < 0.53 && seen.factors.max()! > 1.47)
        #expect(try source.inputs(recipe, [2], epoch: nil) == picture(2).map { Float($0) / 255 })
    }

    /// Evaluation uses the smallest side and the center crop.
    @Test func `training uses every shorter side in its range`() throws {
        let source = try Source()
        var recipe = Augmentation()
        recipe.shorterSide = 6...14
        recipe.crop = 6
        let tolerance = Tolerance(absolute: 2e-5)
        func expected(_ side: Int, top: Int, left: Int) -> [Double] {
            let (height, width) = (side, 12 * side / 9)
            let whole = Reference.resize(
                picture(4), height: 9, width: 12, channels: 3, toHeight: height, toWidth: width)
            return (0..<6).flatMap { y -> [Double] in
                let first = ((top + y) * width + left) * 3
                return whole[first..<first + 18].map { $0 / 255 }
            }
        }
        #expect(
            distance(
                try source.inputs(recipe, [4], epoch: nil), expected(6, top: 0, left: 1),
                tolerance) <= 1)
        var all: [(side: Int, values: [Double])] = []
        for side in 6...14 {
            for top in 0...side - 6 {
                for left in 0...12 * side / 9 - 6 {
                    all.append((side, expected(side, top: top, left: left)))
                }
            }
        }
        var sides: Set<Int> = []
        for epoch in 0..<60 {
            let inputs = try source.inputs(recipe, [4], epoch: epoch)
            let found = all.filter { distance(inputs, $0.values, tolerance) <= 1 }
            #expect(found.count == 1, "epoch \(epoch)")
            sides.formUnion(found.map(\.side))
        }
        #expect(sides == Set(6...14))
    }

    @Test(arguments: [2, 3, 7])
    func `the number of workers does not change the inputs`(workers: Int) throws {
        let source = try Source()
        var recipe = Augmentation()
        recipe.shorterSide = 8...20
        recipe.crop = 8
        recipe.pad = 1
        recipe.flip = true
        recipe.contrast = 0.5...1.5
        recipe.standardize = .image
        for samples in [[5], [], [40, 3, 3, 0, 17], Array((0..<41).reversed())] {
            let alone = try source.inputs(recipe, samples, epoch: 4)
            #expect(try source.inputs(recipe, samples, epoch: 4, workers: workers) == alone)
        }
    }

    @Test func `settings that do not fit the data set are rejected`() throws {
        let source = try Source()
        func complaint(_ change: (inout Augmentation) -> Void) -> String {
            var recipe = Augmentation()
            change(&recipe)
            do {
                _ = try Augmenter(recipe, seed: 1, for: source.set)
                return "accepted"
            } catch {
                #expect(exitStatus(error) == .badData)
                return (error as? Failure)?.message ?? "\(error)"
            }
        }
        #expect(
            complaint {
                $0.crop = 12
                $0.pad = 1
            }
                == "has images of 9x12x3; augmentation.crop 12x12 does not fit with shorterSide "
                + "unset and pad 1; lower crop, or raise pad or shorterSide")
        #expect(
            complaint {
                $0.crop = 11
                $0.pad = 1
            } == "accepted")
        #expect(
            complaint { $0.standardize = .constants(mean: [0.5], deviation: [0.5]) }
                == "has 3 channels, but augmentation.standardize has 1 means and 1 standard "
                + "deviations; specify one of each per channel")
        let flat = LabeledImages(
            shape: Self.shape, pixels: [UInt8](repeating: 9, count: 2 * Self.shape.count),
            labels: [0, 1])
        let set = try Source(flat).set
        #expect(throws: Failure.self) {
            var recipe = Augmentation()
            recipe.standardize = .set
            _ = try Augmenter(recipe, seed: 1, for: set)
        }
    }

    @Test func `the reader returns the image and label of each sample`() throws {
        let source = try Source()
        for sample in [0, 17, 40] {
            let (image, label) = try source.reader.picture(sample)
            #expect(label == Self.images.labels[sample])
            #expect(
                image
                    == PixelImage(height: 9, width: 12, channels: 3, pixels: picture(sample)))
        }
    }
}
