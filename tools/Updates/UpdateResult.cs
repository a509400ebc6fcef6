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
/// <param name="ChainsBroken">Chains with a break: all are read, byte for byte.</param>
/// <param name="BatchesRead">Batches that were read.</param>
/// <param name="CreditsWrong">Nodes whose credit does not follow from what they signed, batch by batch, or who signed other than their hardware delivered.</param>
/// <param name="SignedMilliwattHours">Energy that the fleet signed so far.</param>
/// <param name="CreditedMilliwattHours">Energy of it that earned.</param>
/// <param name="ReadingsCredited">Readings credited so far.</param>
/// <param name="ReadingsNotCredited">Readings held or refused so far.</param>
/// <param name="LedgerSum">What all accounts add up to: 0.</param>
/// <param name="SentBytes">Bytes sent in blocks.</param>
/// <param name="RepeatedShare">Bytes sent, set against the least that these nodes needed; 0 where nothing was sent.</param>
/// <param name="SimulatedHours">How long it took, by the fleet's clock.</param>
/// <param name="Seconds">How long that took.</param>
/// <param name="Problems">What was not right.</param>
internal sealed record UpdateResult(
    string Name, bool IsRight, string Ended, string Reason, int Confirmed, IReadOnlyDictionary<string, long> Failures, int NodesLost, int ChainsBroken, long BatchesRead, int CreditsWrong, long SignedMilliwattHours, long CreditedMilliwattHours, long ReadingsCredited, long ReadingsNotCredited,
    string LedgerSum, long SentBytes, double RepeatedShare, double SimulatedHours, double Seconds, IReadOnlyList<string> Problems)
{
    /// <summary>The heading of <see cref="ToString"/>.</summary>
    public const string Heading = "                                          case  right  ended    lost  broken  wrong  batches  credited  not  ledger  hours  seconds  why";

    /// <summary>One line of a table.</summary>
    public override string ToString() =>
        $"{Name,46}  {(IsRight ? "yes" : "NO"),-5}  {Ended,-7}  {NodesLost,4}  {ChainsBroken,6}  {CreditsWrong,5}  {BatchesRead,7}  {ReadingsCredited,8}  {ReadingsNotCredited,3}  {LedgerSum,6}  {SimulatedHours,5:0.0}  {Seconds,7:0}  {Reason}{string.Concat(Problems.Select(problem => $"\n{"",48}{problem}"))}";

}

/// <summary>All cases, and what came of judging and crediting everything again afterwards.</summary>
/// <param name="Nodes">Nodes of the fleet.</param>
/// <param name="Seed">What they follow from.</param>
/// <param name="Cases">Each case.</param>
/// <param name="Rebuilt">What is stored otherwise than it follows from what was signed; none where all is right.</param>
internal sealed record UpdateResults(int Nodes, int Seed, IReadOnlyList<UpdateResult> Cases, IReadOnlyList<string> Rebuilt)
{
    /// <summary>Whether everything was as it has to be.</summary>
    public bool IsRight => Rebuilt.Count == 0 && Cases.All(one => one.IsRight);

    /// <summary>One JSON object.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);

    /// <summary>A table.</summary>
    public override string ToString() => $"{UpdateResult.Heading}\n{string.Join('\n', Cases)}\nbooks made anew: {(Rebuilt.Count == 0 ? "the same" : string.Join('\n', Rebuilt))}";
}
