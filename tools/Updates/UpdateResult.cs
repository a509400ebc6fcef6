using System.Text.Json;

namespace DePin.Tools.Updates;

/// <summary>How a case ended, and how the fleet was afterwards.</summary>
/// <param name="Name">The case.</param>
/// <param name="IsRight">Whether everything was as it has to be.</param>
/// <param name="Ended">How the rollout ended: done, paused, or refused.</param>
/// <param name="Reason">The reason that was named.</param>
/// <param name="Confirmed">Nodes that run the release afterwards.</param>
/// <param name="Failures">How attempts failed, by the nodes' own reasons.</param>
/// <param name="NodesLost">Nodes that are away, or measured nothing since.</param>
/// <param name="ChainsBroken">Chains with a break, of those that were read.</param>
/// <param name="ChainsRead">Chains that were read, byte for byte.</param>
/// <param name="ReadingsCredited">Readings credited so far.</param>
/// <param name="ReadingsNotCredited">Readings held or refused so far.</param>
/// <param name="LedgerSum">What all accounts add up to: 0.</param>
/// <param name="SentBytes">Bytes sent in blocks.</param>
/// <param name="RepeatedShare">Bytes sent, set against the least that these nodes needed; 0 where nothing was sent.</param>
/// <param name="SimulatedHours">How long it took, by the fleet's clock.</param>
/// <param name="Problems">What was not right.</param>
internal sealed record UpdateResult(
    string Name, bool IsRight, string Ended, string Reason, int Confirmed, IReadOnlyDictionary<string, long> Failures, int NodesLost, int ChainsBroken, int ChainsRead, long ReadingsCredited, long ReadingsNotCredited,
    string LedgerSum, long SentBytes, double RepeatedShare, double SimulatedHours, IReadOnlyList<string> Problems)
{
    /// <summary>The heading of <see cref="ToString"/>.</summary>
    public const string Heading = "                                          case  right  ended    lost  chains broken  credited  not  ledger  hours  why";

    /// <summary>One line of a table.</summary>
    public override string ToString() =>
        $"{Name,46}  {(IsRight ? "yes" : "NO"),-5}  {Ended,-7}  {NodesLost,4}  {ChainsBroken,6} of {ChainsRead,-4}  {ReadingsCredited,8}  {ReadingsNotCredited,3}  {LedgerSum,6}  {SimulatedHours,5:0.0}  {Reason}{string.Concat(Problems.Select(problem => $"\n{"",48}{problem}"))}";

    /// <summary>All of them as one JSON object.</summary>
    public static string ToJson(int nodes, int seed, IReadOnlyList<UpdateResult> results) =>
        JsonSerializer.Serialize(new { nodes, seed, isRight = results.All(result => result.IsRight), cases = results }, JsonSerializerOptions.Web);
}
