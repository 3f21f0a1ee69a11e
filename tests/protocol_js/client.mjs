// A second, independent client of the demo network: the JavaScript agent of the Internet
// Computer, with query signatures and certificates checked.
//
// node client.mjs URL ROOT_KEY_HEX COUNTER LEDGER APPLICATION_SUBNET ROOT_SUBNET
//
// ICPULSE_TEST_JS names the node_modules directory that holds @icp-sdk/core.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.ICPULSE_TEST_JS}/resolve.cjs`);
const agentPackage = require('@icp-sdk/core/agent');
const { Actor, CanisterStatus, Certificate, HttpAgent, SubnetStatus, lookupResultToBuffer, polling } = agentPackage;
const { IDL } = require('@icp-sdk/core/candid');
const { DelegationChain, DelegationIdentity, Ed25519KeyIdentity } = require('@icp-sdk/core/identity');
const { Secp256k1KeyIdentity } = require('@icp-sdk/core/identity/secp256k1');
const { Principal } = require('@icp-sdk/core/principal');

const [url, rootKeyHex, counterText, ledgerText, applicationText, rootText] = process.argv.slice(2);
const rootKey = Uint8Array.from(Buffer.from(rootKeyHex, 'hex'));
const [counterId, ledgerId, application, root] = [counterText, ledgerText, applicationText, rootText].map(t =>
  Principal.fromText(t),
);

const counterIdl = () =>
  IDL.Service({
    greet: IDL.Func([IDL.Text], [IDL.Text], ['query']),
    whoami: IDL.Func([], [IDL.Principal], ['query']),
    get: IDL.Func([], [IDL.Nat], ['query']),
    get_certified: IDL.Func(
      [],
      [IDL.Record({ count: IDL.Nat, certificate: IDL.Opt(IDL.Vec(IDL.Nat8)) })],
      ['query'],
    ),
    inc: IDL.Func([], [IDL.Nat], []),
    refuse: IDL.Func([IDL.Text], [], []),
    trap: IDL.Func([IDL.Text], [], []),
  });
const ledgerIdl = () =>
  IDL.Service({
    icrc1_symbol: IDL.Func([], [IDL.Text], ['query']),
    icrc1_fee: IDL.Func([], [IDL.Nat], ['query']),
  });

const agentOf = (identity, key = rootKey) =>
  HttpAgent.create({ host: url, identity, rootKey: key, verifyQuerySignatures: true, retryTimes: 0 });
const actorOf = (agent, idl, canisterId) => Actor.createActor(idl, { agent, canisterId });

let passed = 0;
const step = async (name, run) => {
  await run();
  passed += 1;
  console.log(`ok ${name}`);
};

const ed25519 = Ed25519KeyIdentity.generate();
const secp256k1 = Secp256k1KeyIdentity.generate();
const session = Ed25519KeyIdentity.generate();
const chain = await DelegationChain.create(ed25519, session.getPublicKey(), new Date(Date.now() + 3_600_000), {
  targets: [counterId],
});
const delegated = DelegationIdentity.fromDelegation(session, chain);
let count = 0n;

for (const [name, identity] of [
  ['anonymous', undefined],
  ['Ed25519', ed25519],
  ['secp256k1', secp256k1],
  ['delegated', delegated],
]) {
  await step(`${name}: query and update on the application subnet`, async () => {
    const agent = await agentOf(identity);
    const counter = actorOf(agent, counterIdl, counterId);
    assert.equal((await counter.whoami()).toText(), (await agent.getPrincipal()).toText());
    assert.equal(await counter.greet('Ada'), 'Hello, Ada!');
    count += 1n;
    assert.equal(await counter.inc(), count);
    assert.equal(await counter.get(), count);
  });
}

await step('a canister of the root subnet', async () => {
  const ledger = actorOf(await agentOf(ed25519), ledgerIdl, ledgerId);
  assert.equal(await ledger.icrc1_symbol(), 'ICP');
  assert.equal(await ledger.icrc1_fee(), 10_000n);
});

await step('an asynchronous call is polled to its certificate', async () => {
  const agent = await agentOf(ed25519);
  const arg = IDL.encode([], []);
  const { requestId, response } = await agent.call(counterId, { methodName: 'inc', arg, callSync: false });
  assert.equal(response.status, 202);
  const { reply } = await polling.pollForResponse(agent, counterId, requestId);
  count += 1n;
  assert.deepEqual(IDL.decode([IDL.Nat], reply), [count]);
});

await step('rejections carry their codes', async () => {
  const counter = actorOf(await agentOf(ed25519), counterIdl, counterId);
  await assert.rejects(counter.refuse('not today'), e => {
    assert.match(e.message, /not today/);
    assert.match(e.message, /IC0406/);
    return true;
  });
  await assert.rejects(counter.trap('ouch'), /IC0503/);
});

await step('canister and subnet facts from the state tree', async () => {
  const agent = await agentOf(ed25519);
  const facts = await CanisterStatus.request({
    agent,
    canisterId: counterId,
    paths: ['time', 'controllers', 'module_hash', 'candid', 'subnet'],
  });
  assert.ok(Math.abs(facts.get('time').getTime() - Date.now()) < 60_000);
  assert.equal(facts.get('controllers')[0].toText(), 'r7inp-6aaaa-aaaaa-aaabq-cai');
  assert.equal(facts.get('module_hash').length, 64);
  assert.match(facts.get('candid'), /service/);
  assert.equal(facts.get('subnet').subnetId, application.toText());
  assert.equal(facts.get('subnet').nodeKeys.size, 13);
  const subnet = await SubnetStatus.request({
    agent,
    subnetId: root,
    paths: ['time', 'canisterRanges', 'publicKey', 'nodeKeys'],
  });
  assert.deepEqual(Uint8Array.from(subnet.get('publicKey')), rootKey);
  assert.equal(subnet.get('canisterRanges').length, 1);
  assert.equal((await agent.getSubnetIdFromCanister(counterId)).toText(), application.toText());
});

await step('a data certificate', async () => {
  const agent = await agentOf(ed25519);
  const reply = await actorOf(agent, counterIdl, counterId).get_certified();
  const certificate = await Certificate.create({
    certificate: Uint8Array.from(reply.certificate[0]),
    rootKey,
    principal: { canisterId: counterId },
  });
  const data = lookupResultToBuffer(
    certificate.lookup_path(['canister', counterId.toUint8Array(), 'certified_data']),
  );
  const expected = createHash('sha256').update(reply.count.toString()).digest();
  assert.deepEqual(Buffer.from(data), expected);
  await assert.rejects(
    Certificate.create({
      certificate: Uint8Array.from(reply.certificate[0]),
      rootKey,
      principal: { canisterId: ledgerId },
    }),
    'a certificate of the application subnet must not speak for the ledger',
  );
});

await step('another root key proves nothing', async () => {
  const wrong = Uint8Array.from(rootKey);
  // The main network's root key, as the agent has it built in, is a valid point.
  const mainnet = (await HttpAgent.create({ host: 'https://icp-api.io' })).rootKey;
  wrong.set(mainnet);
  const agent = await agentOf(ed25519, wrong);
  const counter = actorOf(agent, counterIdl, counterId);
  await assert.rejects(counter.get());
  await assert.rejects(counter.inc());
});

await step('the root key can be fetched', async () => {
  const agent = await HttpAgent.create({ host: url, shouldFetchRootKey: true });
  assert.deepEqual(Uint8Array.from(agent.rootKey), rootKey);
});

await step('the time can be synchronised', async () => {
  const agent = await agentOf(ed25519);
  await agent.syncTime({ canisterId: counterId });
  assert.ok(Math.abs(agent.getTimeDiffMsecs()) < 60_000);
});

console.log(`passed ${passed}`);
