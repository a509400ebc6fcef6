using System.Globalization;
using System.Reflection;
using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;
using DePin.Contracts.Metering;
using DePin.Contracts.Moving;
using DePin.Contracts.Pairing;
using DePin.Contracts.Updates;
using DePin.Contracts.Uplink;
using DePin.Tests.Support;

namespace DePin.Tests.Contracts;

/// <summary>The description beside the bytes: whoever reads only that must find every number.</summary>
public sealed class FormatsTests
{
    private static readonly string Page = File.ReadAllText(Checkout.File("shared-contracts", "FORMATS.md"));

    [Fact]
    public void Every_decode_error_stands_there_with_its_number() =>
        Assert.All(Enum.GetValues<DecodeError>().Where(error => error != DecodeError.None), error => Assert.Contains($"| {(int)error} | {error} |", Page));

    [Fact]
    public void Every_reject_reason_stands_there_with_its_number() => Assert.All(Enum.GetValues<RejectReason>(), reason => Assert.Contains($"{(int)reason} {reason}", Page));

    [Fact]
    public void Every_state_and_reason_of_an_update_stands_there_with_its_number()
    {
        Assert.All(Enum.GetValues<UpdateState>(), state => Assert.Contains($"{(int)state} {state}", Page));
        Assert.All(Enum.GetValues<UpdateReason>().Where(reason => reason != UpdateReason.None), reason => Assert.Contains($"{(int)reason} {reason}", Page));
        Assert.All(Enum.GetValues<UpdateWithdrawal>(), reason => Assert.Contains($"{(int)reason} {reason}", Page));
    }

    [Fact]
    public void Every_state_and_refusal_of_a_change_of_settings_stands_there_with_its_number()
    {
        Assert.All(Enum.GetValues<SettingsState>(), state => Assert.Contains($"{(int)state} {state}", Page));
        Assert.All(Enum.GetValues<SettingsRefusal>().Where(refusal => refusal != SettingsRefusal.None), refusal => Assert.Contains($"{(int)refusal} {refusal}", Page));
    }

    [Theory]
    [InlineData(typeof(GapReason))]
    [InlineData(typeof(FlashRefusal))]
    [InlineData(typeof(PairWithdrawal))]
    public void Every_gap_reason_withdrawal_and_refusal_at_the_bench_stands_there_with_its_number(Type names) =>
        Assert.All(
            names.GetFields(BindingFlags.Public | BindingFlags.Static),
            reason => Assert.Contains($"{((int)reason.GetRawConstantValue()!).ToString(CultureInfo.InvariantCulture)} {reason.Name}", Page));
}
