// A program that knows the backend only by the client that was generated from its document.
import { client } from "./client/client.gen";
import * as fleet from "./client/sdk.gen";
import type { NodeRequest, Problem } from "./client/types.gen";

declare const process: { argv: string[]; exitCode: number };

type Given = { address: string; tokens: [string, string]; node: NodeRequest; bundle: string; release: string };

const given: Given = JSON.parse(process.argv[2]!);
const [mary, otieno] = given.tokens.map((token) => ({ headers: { Authorization: `Bearer ${token}` } })) as [Auth, Auth];
type Auth = { headers: { Authorization: string } };

function bytes(base64: string): Blob {
    return new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))]);
}

function need<T>(answer: { data?: T; error?: unknown }): T {
    if (answer.error !== undefined || answer.data === undefined) {
        throw new Error(JSON.stringify(answer.error));
    }
    return answer.data;
}

async function main(): Promise<void> {
    client.setConfig({ baseUrl: given.address });

    // Registered once, also where the answer was lost and the program asks again.
    const key = { ...mary.headers, "Idempotency-Key": "register-1" };
    const first = need(await fleet.registerNodes({ headers: key, body: [given.node] }));
    const again = need(await fleet.registerNodes({ headers: key, body: [given.node] }));
    const id: string = first[0]!.nodeId;
    const node = need(await fleet.getNode({ ...mary, path: { id } }));

    const statement = need(await fleet.getStatement({ ...mary, path: { name: "operator:amina" } }));
    const balance: string = statement.account.balanceMicro;

    const names: string[] = [];
    let cursor: string | undefined;
    do {
        const page = need(await fleet.listAccounts({ ...mary, query: { cursor, limit: 2 } }));
        names.push(...page.items.map((account) => account.name));
        cursor = page.next ?? undefined;
    } while (cursor !== undefined);

    const artifact = need(await fleet.uploadArtifact({ ...mary, body: bytes(given.bundle) }));
    const release = need(await fleet.publishRelease({ ...mary, query: { recordRunning: true }, body: bytes(given.release) }));
    const plan = need(await fleet.createRollout({ ...mary, body: { name: "October", reason: "better", release: release.id } }));
    const rollout = { id: plan.id };

    // Nobody approves a plan of their own: the error is typed too.
    const own = await fleet.approveRollout({ ...mary, path: rollout, body: { reason: "seen" } });
    const problem = own.error as Problem;

    const states: string[] = [plan.state];
    for (const [act, who] of [[fleet.approveRollout, otieno], [fleet.startRollout, mary], [fleet.pauseRollout, mary], [fleet.stopRollout, mary]] as const) {
        states.push(need(await act({ ...who, path: rollout, body: { reason: "as agreed" } })).state);
    }
    const line = need(await fleet.listRollouts({ ...mary })).items[0]!;

    console.log(JSON.stringify({
        id, registered: first[0]!.result, again: again[0]!.result, place: node.place, balance, names, sha256: artifact.sha256, release: release.name,
        refused: problem.status, sentence: problem.detail, states, line: line.state,
    }));
}

main().catch((problem: unknown) => {
    console.log(String(problem));
    process.exitCode = 1;
});
