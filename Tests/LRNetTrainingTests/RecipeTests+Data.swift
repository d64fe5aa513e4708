import LRNetData
import LRNetTraining
import Testing

/// The sections that select the training images and their augmentation.
extension RecipeTests {
    @Test func `the short forms of the augmentation section are read`() throws {
        let one = try recipe("network: resnet18\naugmentation: {crop: 224, shorterSide: 256}")
        #expect(one.augmentation.shorterSide == 256...256)
        #expect(try recipe(one.yaml) == one)
        for word in ["none", "image", "set"] {
            let recipe = try recipe("augmentation: {standardize: \(word)}")
            #expect(try self.recipe(recipe.yaml) == recipe, "\(word)")
        }
        #expect(try recipe("augmentation: {pad: 4}", "augmentation=null") == recipe())
        #expect(try recipe("augmentation: {contrast: 0.5}").augmentation.contrast == 0.5...0.5)
    }

    @Test(arguments: [
        ("crop: 32", "crop: 32 produces images of 32x32, but network mnist needs 28x28; set"),
        (
            "{crop: 28, shorterSide: 24, pad: 1}",
            "crop: 28 does not fit into shorterSide 24 + 2 x pad 1; raise shorterSide or pad"
        ),
        (
            "shorterSide: 30",
            "crop: is required with shorterSide; set it to the network's size, crop: 28"
        ),
        (
            "shorterSide: [40, 30]",
            "shorterSide: 'a list' is not a range; write [smallest, largest]"
        ),
        ("shorterSide: 30.5", "shorterSide: '30.5' must be whole numbers from 1 to 65536"),
        ("shorterSide: 0", "shorterSide: '0' is out of range; at least 1"),
        ("pad: -1", "pad: '-1' is out of range; at least 0"),
        ("flip: yes", "flip: 'yes' must be true or false"),
        ("brightness: -0.1", "brightness: '-0.1' is out of range; at least 0"),
        ("contrast: [1, 2, 3]", "contrast: 'a list' is not a range"),
        ("contrast: [-1, 2]", "contrast: '-1' is out of range"),
        ("standardize: imagenet", "standardize: 'imagenet' is not one of none, image, set, {mean"),
        ("standardize: {mean: [1]}", "standardize: 'a mapping' is not one of"),
        (
            "standardize: {mean: [0, 0], deviation: [1]}",
            "standardize: has 2 means and 1 deviations; give one of each per channel"
        ),
        ("standardize: {mean: [0], deviation: [0]}", "standardize.deviation: '0' is out of range"),
        (
            "standardize: {mean: [0, 0], deviation: [1, 1]}",
            "standardize: has constants for 2 channels, but network mnist needs 1"
        ),
        ("padding: 4", "padding: unknown key; "),
    ])
    func `invalid augmentation settings are refused with the cause`(text: String, message: String) {
        let section = text.hasPrefix("{") ? text : "{\(text)}"
        let refusal = refusal("augmentation: \(section)")
        #expect(refusal.hasPrefix("augmentation.\(message)"), "\(refusal)")
    }

    @Test func `invalid data settings are refused with the valid values`() {
        #expect(
            refusal("data: {shuffle: blocks}")
                == "data.shuffle: 'blocks' is not one of full, block; did you mean block?")
        for key in ["blockSamples", "windowBlocks", "workers"] {
            #expect(
                refusal("data: {\(key): 0}") == "data.\(key): '0' is out of range; at least 1")
        }
        #expect(
            refusal("data: {samples: 0}") == "data.samples: '0' is out of range; at least 1")
        #expect(
            refusal("data: {samples: 255}")
                == "data.samples: 255 is fewer than globalBatch 256")
        #expect(
            refusal("data: {cacheMegabytes: -1}")
                == "data.cacheMegabytes: '-1' is out of range; at least 0")
    }
}
