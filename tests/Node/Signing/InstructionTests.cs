using System.Security.Cryptography;
using DePin.Contracts.Signing;
using DePin.Host.Platform;
using DePin.Node.Signing;
using DePin.Tests.Support;
using Hash = DePin.Node.Signing.Sha256;

namespace DePin.Tests.Node.Signing;

/// <summary>What the device's interpreter has to do, in IL instructions: about a million of them make a second.</summary>
public sealed class InstructionTests(ITestOutputHelper output)
{
    private const int StepLimit = 60_000;

    [Fact]
    public void A_signature_takes_less_than_two_million_instructions_in_steps_of_less_than_sixty_thousand()
    {
        long[] steps = DeviceInstructions.Run(Sign);
        Report("a signature over 456 bytes", steps);
        Assert.InRange(steps.Sum(), 1_000_000, 2_000_000);
        Assert.InRange(steps.Max(), 1, StepLimit);
    }

    [Fact]
    public void A_verification_takes_less_than_four_and_a_half_million_instructions_in_steps_of_less_than_sixty_thousand()
    {
        long[] steps = DeviceInstructions.Run(Verify);
        Report("a verification", steps);
        Assert.InRange(steps.Sum(), 1_000_000, 4_500_000);
        Assert.InRange(steps.Max(), 1, StepLimit);
    }

    [Fact]
    public void Two_signatures_under_the_largest_change_of_settings_are_checked_in_steps_of_less_than_sixty_thousand_instructions()
    {
        long[] steps = DeviceInstructions.Run(CheckTwo);
        Report("two signatures under 1,700 bytes", steps);
        Assert.InRange(steps.Sum(), 1_000_000, 9_500_000);
        Assert.InRange(steps.Max(), 1, StepLimit);
    }

    [Fact]
    public void A_block_of_SHA_256_takes_less_than_nine_thousand_instructions()
    {
        long[] hashes = DeviceInstructions.Run(HashOneAndElevenBlocks);
        long perBlock = (hashes[1] - hashes[0]) / 10;
        Report("a block of SHA-256", [perBlock]);
        Assert.InRange(perBlock, 1_000, 9_000);
    }

    [Fact]
    public void Neither_key_nor_nonce_changes_what_is_executed()
    {
        long[] totals = DeviceInstructions.Run(SignWithManyKeys);
        Assert.All(totals, total => Assert.Equal(totals[0], total));
    }

    private static long[] CheckTwo()
    {
        byte[][] keys = [Signatures.Scalar(new Random(1)), Signatures.Scalar(new Random(2))];
        byte[][] pinned = [.. keys.Select(Signatures.PlatformPublicKey)];
        byte[] payload = new byte[1700];
        byte[] hash = SHA256.HashData(CountersignedMessage.ToBeSigned("depin/1/settings", payload, 0, payload.Length));
        byte[] bytes = CountersignedMessage.Encode(payload, [.. pinned.Select(key => CountersignedMessage.KeyId(new PlatformDigest(), key))], [.. keys.Select(key => Signatures.Sign(key, hash))]);
        CountersignedMessage message = CountersignedMessage.Decode(bytes, 4096, out _)!;
        var steps = new List<long>();
        long before = DeviceInstructions.Total();
        var check = new CountersignedCheck(message, "depin/1/settings", pinned, new PlatformDigest());
        for (bool isReady = false; !isReady;)
        {
            isReady = check.Step();
            steps.Add(DeviceInstructions.Total() - before);
            before = DeviceInstructions.Total();
        }

        Assert.True(check.IsValid);
        return [.. steps];
    }

    private static long[] Sign()
    {
        byte[] key = Signatures.Scalar(new Random(1));
        var signer = new ManagedSigner(new PlatformDigest(), key, new byte[33]);
        var steps = new List<long>();
        long before = DeviceInstructions.Total();
        signer.Start(new byte[456]);
        for (bool isReady = false; !isReady;)
        {
            isReady = signer.Step();
            steps.Add(DeviceInstructions.Total() - before);
            before = DeviceInstructions.Total();
        }

        signer.Signature();
        steps[^1] += DeviceInstructions.Total() - before;
        return [.. steps];
    }

    private static long[] Verify()
    {
        byte[] key = Signatures.Scalar(new Random(1));
        byte[] hash = SHA256.HashData(key);
        byte[] signature = Signatures.Sign(key, hash);
        DePin.Contracts.Signing.SignatureForm.MakeLow(signature);
        var verification = new EcdsaVerification(Signatures.PlatformPublicKey(key));
        var steps = new List<long>();
        long before = DeviceInstructions.Total();
        verification.Start(hash, signature);
        for (bool isReady = false; !isReady;)
        {
            isReady = verification.Step();
            steps.Add(DeviceInstructions.Total() - before);
            before = DeviceInstructions.Total();
        }

        Assert.True(verification.IsValid);
        return [.. steps];
    }

    private static long[] HashOneAndElevenBlocks()
    {
        long start = DeviceInstructions.Total();
        Hash.Hash(new byte[55], 0, 55);
        long one = DeviceInstructions.Total();
        Hash.Hash(new byte[55 + 640], 0, 55 + 640);
        return [one - start, DeviceInstructions.Total() - one];
    }

    private static long[] SignWithManyKeys()
    {
        var random = new Random(3);
        var totals = new List<long>();
        for (int i = 0; i < 40; i++)
        {
            byte[] key = Signatures.Scalar(random);
            byte[] hash = new byte[32];
            random.NextBytes(hash);
            long before = DeviceInstructions.Total();
            Signatures.Sign(key, hash);
            totals.Add(DeviceInstructions.Total() - before);
        }

        return [.. totals];
    }

    private void Report(string work, long[] steps) =>
        output.WriteLine($"{work}: {steps.Sum()} IL instructions in {steps.Length} steps, the longest {steps.Max()}");
}
