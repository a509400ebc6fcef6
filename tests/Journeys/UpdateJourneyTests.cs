using DePin.Tests.Support;
using DePin.Tools.Updates;

namespace DePin.Tests.Journeys;

/// <summary>Releases over a small fleet: the node's own sources, compiled anew, out of a slot.</summary>
public sealed class UpdateJourneyTests
{
    [Fact]
    public async Task What_two_people_did_not_sign_or_came_otherwise_is_refused_by_its_name() =>
        await RunAsync(0.1, "one signature only", "a wrong signature", "a stranger's signature", "manifest over the limit", "truncated bundle");

    private static async Task RunAsync(double historyHours, params string[] cases)
    {
        using var folder = new TemporaryFolder();
        var options = new UpdateOptions(Nodes: 3, Seed: 1, folder.Path, [.. UpdateCase.All.Where(one => cases.Contains(one.Name))], StepSeconds: 20, HistoryHours: historyHours);
        var told = new List<string>();
        UpdateResults results = await UpdateJourney.RunAsync(options, told.Add, TestContext.Current.CancellationToken);
        Assert.Equal(cases.Length, results.Cases.Count);
        Assert.True(results.IsRight, $"{string.Join('\n', told)}\n{string.Join('\n', results.Rebuilt)}");
    }
}
