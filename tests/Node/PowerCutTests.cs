using DePin.Host.PowerCuts;

namespace DePin.Tests.Node;

/// <summary>The power goes at any byte of any write or deletion; `tools/depin powercut` tries all of them, twice.</summary>
public sealed class PowerCutTests
{
    [Fact]
    public void A_power_cut_anywhere_loses_no_stored_batch_repeats_no_number_and_breaks_no_chain()
    {
        PowerCutResult result = PowerCutLife.Run(every: 2, cutsTwice: true, TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper!.WriteLine($"{result.CutPoints} cut points in {result.Changes} changes of the flash, {result.SecondCuts} second cuts");
        Assert.Equal([], result.Failures.Take(20));
        Assert.True(result.CutPoints > 300, $"only {result.CutPoints} cut points");
        Assert.True(result.BatchesDropped > 0 && result.BatchesSetAside > 0, "the life has a full outbox and refused batches in it");
    }

    [Fact]
    public void A_power_cut_anywhere_in_an_update_leaves_a_node_that_boots_and_says_which_firmware_and_why()
    {
        UpdateCutResult result = UpdateCutLife.Run(every: 7, TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper!.WriteLine($"{result.CutPoints} cut points in {result.Changes} changes, {result.Formats} formatted drives; {result.InOld} ended in the old firmware, {result.InNew} in the new one");
        Assert.Equal([], result.Failures.Take(20));
        Assert.True(result.CutPoints > 30 && result.InOld > 0 && result.InNew > 0, $"{result.CutPoints} cut points");
    }
}
